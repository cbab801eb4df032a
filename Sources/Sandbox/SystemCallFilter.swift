// seccomp(2), seccomp_rule_add(3)

internal import CSandbox
internal import CSeccomp
internal import Glibc

/// Which system calls the process may make: those of the list, all others fail with EPERM. Calls of another
/// architecture's table end the process.
enum SystemCallFilter {
    /// Allowed with any arguments. What is not here, exec, connect, ptrace and mount among it, is refused.
    private static let allowed = [
        // reading and writing what is open
        "read", "readv", "pread64", "preadv", "write", "writev", "pwrite64", "pwritev", "lseek", "_llseek", "close",
        "close_range", "dup", "dup2", "dup3", "pipe", "pipe2", "fcntl", "fcntl64", "flock", "ftruncate",
        "ftruncate64", "fallocate", "fadvise64", "fsync", "fdatasync", "sync_file_range", "syncfs", "sendfile",
        "copy_file_range",
        // opening and moving files: Landlock says which
        "open", "openat", "creat", "stat", "stat64", "fstat", "fstat64", "lstat", "lstat64", "newfstatat",
        "fstatat64", "statx", "statfs", "statfs64", "fstatfs", "fstatfs64", "access", "faccessat", "faccessat2",
        "readlink", "readlinkat", "getdents", "getdents64", "getcwd", "rename", "renameat", "renameat2", "unlink",
        "unlinkat", "mkdir", "mkdirat", "rmdir", "truncate", "truncate64", "fchmod", "umask", "utimensat",
        // waiting
        "poll", "ppoll", "select", "_newselect", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl",
        "epoll_wait", "epoll_pwait", "eventfd", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_gettime",
        "nanosleep", "clock_nanosleep", "clock_gettime", "clock_gettime64", "clock_getres", "gettimeofday", "time",
        "alarm", "setitimer", "getitimer", "pause", "restart_syscall",
        // memory that is not to be executed; see also below
        "munmap", "mremap", "madvise", "brk", "mincore", "mlock", "mlock2", "munlock", "msync", "membarrier",
        // threads, signals, ends
        "futex", "futex_time64", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "gettid",
        "sched_yield", "sched_getaffinity", "sched_setaffinity", "sched_getparam", "sched_getscheduler", "getcpu",
        "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigreturn", "rt_sigpending", "rt_sigtimedwait",
        "rt_sigsuspend", "sigaltstack", "exit", "exit_group", "arch_prctl",
        // asking about oneself
        "getpid", "getppid", "getpgrp", "getpgid", "getuid", "geteuid", "getgid", "getegid", "getuid32",
        "geteuid32",
        "getgid32", "getegid32", "getgroups", "getresuid", "getresgid", "getrlimit", "ugetrlimit", "getrusage",
        "times", "uname", "sysinfo", "getrandom", "capget",
        // sockets that are open: counters of a packet socket, its packets where there is no ring
        "getsockopt", "setsockopt", "getsockname", "recvfrom", "recvmsg", "shutdown",
    ]

    /// ioctl(2): what terminals, interfaces and libpcap are asked. TIOCSTI, which types for the user, is not here.
    private static let controls: [UInt] = [
        UInt(TCGETS), UInt(TCSETS), UInt(TCSETSW), UInt(TCSETSF), UInt(TIOCGWINSZ), UInt(TIOCGPGRP), UInt(FIONREAD),
        UInt(FIONBIO), UInt(SIOCGIFNAME), UInt(SIOCGIFINDEX), UInt(SIOCGIFFLAGS), UInt(SIOCGIFMTU),
        UInt(SIOCGIFHWADDR), UInt(SIOCGIFADDR), UInt(SIOCGIFNETMASK), UInt(SIOCETHTOOL),
        0x8B01,  // SIOCGIWNAME: whether it is wireless
    ]

    /// prctl(2): names of threads and of memory.
    private static let processControls: [UInt] = [UInt(PR_SET_NAME), UInt(PR_GET_NAME), 0x5356_4D41]

    /// Installs the filter for every thread of the process.
    static func install(_ plan: ConfinementPlan, _ report: inout ConfinementReport) throws(SandboxError) {
        guard sandboxHasSeccomp() == 0 else {
            report.missing.append("system calls are not restricted: this kernel has no seccomp filters")
            return
        }
        var filter = try Filter()
        for name in allowed { try filter.allow(name) }
        for request in controls { try filter.allow("ioctl", [.equal(1, request, mask: 0xFFFF_FFFF)]) }
        for option in processControls { try filter.allow("prctl", [.equal(0, option, mask: 0xFFFF_FFFF)]) }
        // Nothing that was written becomes code.
        for name in ["mmap", "mmap2", "mprotect"] { try filter.allow(name, [.equal(2, 0, mask: UInt(PROT_EXEC))]) }
        // Threads, no processes. The flags of clone3 lie in memory, where no filter looks: the C library takes ENOSYS
        // for an old kernel and calls clone.
        let thread = UInt(CLONE_THREAD)
        try filter.allow("clone", [.equal(0, thread, mask: thread)])
        try filter.refuse("clone3", ENOSYS)
        // Signals to itself: abort(3), raise(3), and stopping on the terminal.
        let own = UInt(getpid())
        for name in ["kill", "tgkill"] { try filter.allow(name, [.equal(0, own, mask: 0xFFFF_FFFF)]) }
        // Limits are read, not set.
        try filter.allow("prlimit64", [.equal(2, 0)])
        if plan.reopensInterfaces {
            try filter.allow("socket", [.equal(0, UInt(AF_PACKET), mask: 0xFFFF_FFFF)])
            // libpcap and the C library ask about interfaces with these. They reach nobody, as connecting and sending
            // to addresses is refused.
            try filter.allow(
                "socket",
                [
                    .equal(0, UInt(AF_NETLINK), mask: 0xFFFF_FFFF),
                    .equal(2, UInt(NETLINK_GENERIC), mask: 0xFFFF_FFFF),
                ])
            for family in [AF_UNIX, AF_INET] {
                let datagrams = Argument.equal(1, UInt(SOCK_DGRAM.rawValue), mask: 0xF)
                try filter.allow("socket", [.equal(0, UInt(family), mask: 0xFFFF_FFFF), datagrams])
            }
            try filter.allow("bind")
        }
        try filter.load()
        report.restrictions.append("system calls: seccomp, \(filter.names.count) allowed")
    }
}

/// A comparison of one argument of a system call.
private struct Argument {
    var comparison: scmp_arg_cmp

    /// The argument at `index`, of which only the bits of `mask` are looked at, is `value`.
    static func equal(_ index: UInt32, _ value: UInt, mask: UInt = .max) -> Argument {
        Argument(
            comparison: scmp_arg_cmp(
                arg: index, op: SCMP_CMP_MASKED_EQ, datum_a: UInt64(mask), datum_b: UInt64(value))
        )
    }
}

/// A filter that is being made; libseccomp writes its program.
private struct Filter: ~Copyable {
    private let context: scmp_filter_ctx
    /// The system calls that this architecture has, of those allowed.
    private(set) var names: Set<String> = []

    private static func refusal(_ code: Int32) -> UInt32 { 0x0005_0000 | UInt32(code) }

    /// A filter that refuses everything.
    init() throws(SandboxError) {
        guard let context = seccomp_init(Self.refusal(EPERM)) else { throw .failed("seccomp", code: ENOMEM) }
        self.context = context
    }

    deinit { seccomp_release(context) }

    /// Gives the filter to the kernel.
    func load() throws(SandboxError) {
        // All threads of the process get it. The program is a tree: a hundred comparisons in a row would cost each
        // call of a kernel that does not remember what it always allows.
        try check(seccomp_attr_set(context, SCMP_FLTATR_CTL_TSYNC, 1))
        // Versions before 2.5 have no trees.
        _ = seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2)
        try check(seccomp_load(context))
    }

    mutating func allow(_ name: String, _ arguments: [Argument] = []) throws(SandboxError) {
        if try add(name, 0x7FFF_0000, arguments) { names.insert(name) }
    }

    mutating func refuse(_ name: String, _ code: Int32) throws(SandboxError) {
        _ = try add(name, Self.refusal(code), [])
    }

    /// False for a call that this architecture does not have, or that is newer than the library: it is refused like
    /// all that are not named.
    private func add(_ name: String, _ action: UInt32, _ arguments: [Argument]) throws(SandboxError) -> Bool {
        let number = seccomp_syscall_resolve_name(name)
        guard number >= 0 else { return false }
        let comparisons = arguments.map(\.comparison)
        try check(seccomp_rule_add_array(context, action, number, UInt32(comparisons.count), comparisons))
        return true
    }

    /// libseccomp returns negative error numbers.
    private func check(_ status: Int32) throws(SandboxError) {
        guard status == 0 else { throw .failed("seccomp", code: -status) }
    }
}
