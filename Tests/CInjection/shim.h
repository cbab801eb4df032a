#pragma once

// Makes another process make a system call, as if its own code had been taken over: ptrace(2), which is variadic and
// so not to be called from Swift. For x86-64.

#include <errno.h>
#include <pty.h> // for pseudo-terminals
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

enum { injectionFailed = -100000 };

static const long injectedOpenAt = SYS_openat, injectedExec = SYS_execve, injectedConnect = SYS_connect,
                  injectedSocket = SYS_socket, injectedMount = SYS_mount, injectedPtrace = SYS_ptrace;

/// What the system call returns in the process, a negative errno where it fails; `injectionFailed` where it could not
/// be made. `text`, where it is not null, is copied into the process and its address is argument `place`.
static inline long injectSystemCall(
    int process, long number, long first, long second, long third, const char *text, int place) {
#if defined(__x86_64__)
    struct user_regs_struct saved, registers;
    int state;
    long result = injectionFailed;
    if (ptrace(PTRACE_ATTACH, process, NULL, NULL) != 0) return injectionFailed;
    if (waitpid(process, &state, __WALL) < 0 || ptrace(PTRACE_GETREGS, process, NULL, &saved) != 0) goto end;
    registers = saved;
    long arguments[3] = {first, second, third};
    if (text) {
        // Below what the function that was interrupted may use without asking (128 bytes).
        unsigned long address = (saved.rsp - 1024) & ~15ul;
        for (size_t done = 0; done <= strlen(text); done += sizeof(long)) {
            long word = 0;
            strncpy((char *)&word, text + done, sizeof word);
            if (ptrace(PTRACE_POKEDATA, process, address + done, word) != 0) goto end;
        }
        arguments[place] = (long)address;
    }
    errno = 0;
    long code = ptrace(PTRACE_PEEKTEXT, process, saved.rip, NULL);
    if (errno != 0) goto end;
    // The instruction `syscall`.
    if (ptrace(PTRACE_POKETEXT, process, saved.rip, (code & ~0xffffl) | 0x050f) != 0) goto end;
    registers.rax = (unsigned long long)number;
    registers.orig_rax = (unsigned long long)-1;
    registers.rdi = (unsigned long long)arguments[0];
    registers.rsi = (unsigned long long)arguments[1];
    registers.rdx = (unsigned long long)arguments[2];
    if (ptrace(PTRACE_SETREGS, process, NULL, &registers) == 0 && ptrace(PTRACE_SINGLESTEP, process, NULL, NULL) == 0
        && waitpid(process, &state, __WALL) == process && WIFSTOPPED(state)
        && ptrace(PTRACE_GETREGS, process, NULL, &registers) == 0)
        result = (long)registers.rax;
    ptrace(PTRACE_POKETEXT, process, saved.rip, code);
    ptrace(PTRACE_SETREGS, process, NULL, &saved);
end:
    ptrace(PTRACE_DETACH, process, NULL, NULL);
    return result;
#else
    return injectionFailed;
#endif
}
