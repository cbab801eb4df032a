// landlock(7), and the kernel's Documentation/userspace-api/landlock.rst

internal import CSandbox
internal import Glibc

/// Which files the process may open.
enum Landlock {
    /// Rights over files, a bit each, as the kernel numbers them.
    private struct Access: OptionSet {
        let rawValue: UInt64
        static let writeFile = Access(rawValue: 1 << 1)
        static let readFile = Access(rawValue: 1 << 2)
        static let readFolder = Access(rawValue: 1 << 3)
        static let removeFolder = Access(rawValue: 1 << 4)
        static let removeFile = Access(rawValue: 1 << 5)
        static let makeFolder = Access(rawValue: 1 << 7)
        static let makeFile = Access(rawValue: 1 << 8)
        /// Renames from one folder to another.
        static let refer = Access(rawValue: 1 << 13)
        static let truncate = Access(rawValue: 1 << 14)
        static let deviceControl = Access(rawValue: 1 << 15)

        static let ofFiles: Access = [.writeFile, .readFile, .truncate]
        static let reading: Access = [.readFile, .readFolder]
        static let writing: Access = [
            .reading, .writeFile, .truncate, .makeFile, .removeFile, .makeFolder, .removeFolder, .refer,
        ]

        /// All that a version of the interface knows.
        static func all(version: Int) -> Access {
            var bits: UInt64 = 1 << 13 - 1
            if version >= 2 { bits |= refer.rawValue }
            if version >= 3 { bits |= truncate.rawValue }
            if version >= 5 { bits |= deviceControl.rawValue }
            return Access(rawValue: bits)
        }
    }

    /// Binding and connecting of TCP sockets.
    private static let tcp: UInt64 = 0b11
    /// Reaching abstract sockets, and signals, of processes outside.
    private static let scopes: UInt64 = 0b11

    /// The version of the kernel's interface; not positive, with errno set, where there is none.
    static var version: Int { sandboxLandlockVersion() }

    /// Forbids the calling thread every file that the plan does not name.
    static func restrict(_ plan: ConfinementPlan, _ report: inout ConfinementReport) throws(SandboxError) {
        let version = version
        guard version > 0 else {
            report.missing.append("files are not restricted: \(reason(errno))")
            return
        }
        let handled = Access.all(version: version)
        var ruleset = sandboxRuleset(
            handledFileAccess: handled.rawValue, handledNetworkAccess: version >= 4 ? tcp : 0,
            scoped: version >= 6 ? scopes : 0)
        // Older kernels know a shorter structure.
        let size = version >= 6 ? 24 : version >= 4 ? 16 : 8
        let descriptor = Int32(sandboxLandlockCreate(&ruleset, size))
        guard descriptor >= 0 else { throw .failed("Landlock", code: errno) }
        defer { close(descriptor) }
        for path in plan.readablePaths { try allow(path, .reading, handled, descriptor) }
        for path in plan.writableFolders { try allow(path, .writing, handled, descriptor) }
        for path in plan.writableFiles { try allow(path, .ofFiles, handled, descriptor) }
        guard sandboxLandlockRestrict(descriptor) == 0 else { throw .failed("Landlock", code: errno) }
        report.restrictions.append("files: Landlock, version \(version) of its interface")
        if version < 3 {
            report.missing.append("truncating files is not restricted: Landlock is of version \(version)")
        }
    }

    private static func allow(
        _ path: String, _ access: Access, _ handled: Access, _ ruleset: Int32
    ) throws(SandboxError) {
        let descriptor = open(path, sandboxOpenPath | O_CLOEXEC)
        guard descriptor >= 0 else { throw .failed(path, code: errno) }
        defer { close(descriptor) }
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { throw .failed(path, code: errno) }
        // The kernel refuses rights over folders where there is a file.
        let isFolder = information.st_mode & S_IFMT == S_IFDIR
        let allowed = access.intersection(handled).intersection(isFolder ? access : .ofFiles)
        var rule = sandboxPathRule(allowedAccess: allowed.rawValue, parent: descriptor)
        guard sandboxLandlockAllow(ruleset, &rule) == 0 else { throw .failed(path, code: errno) }
    }

    private static func reason(_ code: Int32) -> String {
        switch code {
        case ENOSYS: "this kernel has no Landlock"
        case EOPNOTSUPP: "Landlock is switched off in this kernel"
        default: "Landlock: \(String(cString: strerror(code)))"
        }
    }
}
