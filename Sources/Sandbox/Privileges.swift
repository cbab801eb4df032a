// setgroups(2), setgid(2), setuid(2), getpwnam(3)

internal import Glibc

/// Who the process runs as.
public enum Privileges {
    /// Becomes `user` with that user's groups, and gives up root and every capability, for good. To be called while
    /// one thread runs, after what needs privileges was opened and before files are created that are to be the user's.
    ///
    /// Throws ``SandboxError`` where there is no such user or the process may not become it; nothing is changed then.
    public static func drop(to user: String) throws(SandboxError) {
        try ThreadCount.requireOne()
        guard let entry = getpwnam(user)?.pointee else { throw .unknownUser(user) }
        let isAlready = getuid() == entry.pw_uid && geteuid() == entry.pw_uid && getegid() == entry.pw_gid
        if !isAlready {
            guard try Capabilities.current().isSuperset(of: .setIdentity) else { throw .needsRoot(user: user) }
            // All of them or none: a process that has changed half of its identity must not go on.
            guard initgroups(user, entry.pw_gid) == 0 else { throw .failed("setgroups", code: errno) }
            guard setgid(entry.pw_gid) == 0 else { throw .failed("setgid", code: errno) }
            guard setuid(entry.pw_uid) == 0 else { throw .failed("setuid", code: errno) }
        }
        try Capabilities.keepOnly([])
        // Believed only when seen: there is no way back.
        if entry.pw_uid != 0, setuid(0) == 0 { throw .failed("setuid", code: EPERM) }
    }
}

/// How many threads the process has.
enum ThreadCount {
    /// Throws where other threads run, which restrictions would not reach.
    static func requireOne() throws(SandboxError) {
        guard let folder = opendir("/proc/self/task") else { throw .failed("/proc/self/task", code: errno) }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        guard count == 1 else { throw .threadsRunning(count) }
    }
}
