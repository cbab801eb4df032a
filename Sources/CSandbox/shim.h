#pragma once

// What Swift cannot call: the C library has no functions for Landlock and capabilities, and syscall(2) and prctl(2)
// are variadic. Each function returns what the system call does, or -1 with errno set.

#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <linux/sockios.h>
#include <linux/types.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/// open(2)'s O_PATH, which the C library shows to GNU programs only.
static const int sandboxOpenPath = 010000000;

// Landlock (landlock(7), the kernel's uapi/linux/landlock.h). Spelt out, since the headers of a distribution may be
// older than the kernel they run on. Numbers are the same on every architecture.

struct sandboxRuleset {
    __u64 handledFileAccess;
    __u64 handledNetworkAccess; // ABI 4
    __u64 scoped;               // ABI 6
};

struct sandboxPathRule {
    __u64 allowedAccess;
    __s32 parent;
} __attribute__((packed));

#define SANDBOX_LANDLOCK_CREATE_RULESET 444
#define SANDBOX_LANDLOCK_ADD_RULE 445
#define SANDBOX_LANDLOCK_RESTRICT_SELF 446

static inline long sandboxLandlockVersion(void) {
    return syscall(SANDBOX_LANDLOCK_CREATE_RULESET, NULL, (size_t)0, 1u);
}

static inline long sandboxLandlockCreate(const struct sandboxRuleset *ruleset, size_t size) {
    return syscall(SANDBOX_LANDLOCK_CREATE_RULESET, ruleset, size, 0u);
}

static inline long sandboxLandlockAllow(int ruleset, const struct sandboxPathRule *rule) {
    return syscall(SANDBOX_LANDLOCK_ADD_RULE, ruleset, 1, rule, 0u);
}

static inline long sandboxLandlockRestrict(int ruleset) {
    return syscall(SANDBOX_LANDLOCK_RESTRICT_SELF, ruleset, 0u);
}

// Capabilities (capabilities(7)): two words of 32 bits for each set, of the calling thread.

static inline long sandboxCapabilities(__u64 *effective, __u64 *permitted) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{0}};
    long status = syscall(SYS_capget, &header, data);
    *effective = data[0].effective | (__u64)data[1].effective << 32;
    *permitted = data[0].permitted | (__u64)data[1].permitted << 32;
    return status;
}

static inline long sandboxSetCapabilities(__u64 kept) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {
        {(__u32)kept, (__u32)kept, 0}, {(__u32)(kept >> 32), (__u32)(kept >> 32), 0}};
    return syscall(SYS_capset, &header, data);
}

static inline int sandboxClearAmbient(void) { return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0L, 0L, 0L); }

static inline int sandboxDropBounding(unsigned long capability) {
    return prctl(PR_CAPBSET_DROP, capability, 0L, 0L, 0L);
}

static inline int sandboxNoNewPrivileges(void) { return prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L); }

/// 0 where the kernel has seccomp filters.
static inline long sandboxHasSeccomp(void) {
    __u32 action = SECCOMP_RET_ERRNO;
    return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0u, &action);
}
