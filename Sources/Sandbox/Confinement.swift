// no_new_privs: prctl(2); the rest: capabilities(7), landlock(7), seccomp(2).

internal import CSandbox
internal import Glibc

/// What a confined process may still do, besides computing, reading and writing what it has open.
public struct ConfinementPlan: Hashable, Sendable {
    /// Files, and folders with all that is in them, that may be read. Must exist.
    public var readablePaths: [String] = []
    /// Folders in which files may be made, read, written, renamed and removed. Must exist.
    public var writableFolders: [String] = []
    /// Files that exist and may be opened for writing.
    public var writableFiles: [String] = []
    /// Whether interfaces may be opened again: keeps CAP_NET_RAW where the process has it, and packet sockets.
    public var reopensInterfaces = false

    public init() {}

    /// Lets a file be written that is opened again or renamed while the process runs: what is in its folder may be
    /// made and written. A device, pipe or terminal alone, as it is never made anew. The file need not exist.
    public mutating func allowOutput(path: String) {
        var information = stat()
        if stat(path, &information) == 0, information.st_mode & S_IFMT != S_IFREG {
            writableFiles.append(path)
        } else {
            writableFolders.append(Self.folder(of: path))
        }
    }

    /// Lets a file, or a folder with all that is in it, be read. One that does not exist is left to fail when it is
    /// opened.
    public mutating func allowInput(path: String) {
        if access(path, F_OK) == 0 { readablePaths.append(path) }
    }

    /// Lets libpcap open interfaces and read their counters.
    public mutating func allowCapture() {
        reopensInterfaces = true
        for path in ["/sys/class/net", "/sys/devices", "/proc/net"] { allowInput(path: path) }
    }

    /// Lets the names of filters be looked up, in files alone.
    public mutating func allowNames() {
        let names = ["services", "protocols", "ethers", "networks", "hosts", "host.conf", "nsswitch.conf"]
        for name in names { allowInput(path: "/etc/" + name) }
    }

    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// What holds from now on.
public struct ConfinementReport: Hashable, Sendable {
    /// Sentences for a person, on what is in force.
    public internal(set) var restrictions: [String] = []
    /// The same on what this kernel lacks; empty where everything is in force.
    public internal(set) var missing: [String] = []
}

/// The sandbox: takes from the process what it does not need.
public enum Confinement {
    /// Restricts the calling thread and all that it starts, for good: no new privileges, no capabilities but those of
    /// the plan, no files but those of the plan (Landlock), no system calls but those that reports and capturing need
    /// (seccomp). To be called while one thread runs, after inputs and outputs were opened.
    ///
    /// What the kernel does not have is named in the report. Throws ``SandboxError`` where it has it and refuses; then
    /// the process must not go on as if it were confined.
    public static func enter(_ plan: ConfinementPlan) throws(SandboxError) -> ConfinementReport {
        try ThreadCount.requireOne()
        var report = ConfinementReport()
        guard sandboxNoNewPrivileges() == 0 else { throw .failed("no_new_privs", code: errno) }
        report.restrictions.append("no new privileges")
        try Capabilities.keepOnly(kept(by: plan))
        report.restrictions.append(describe(try Capabilities.current()))
        try Landlock.restrict(plan, &report)
        try SystemCallFilter.install(plan, &report)
        return report
    }

    /// Root without CAP_DAC_OVERRIDE could not create in other users' folders, where outputs may lie.
    private static func kept(by plan: ConfinementPlan) -> Capabilities {
        var kept: Capabilities = geteuid() == 0 ? .dacOverride : []
        if plan.reopensInterfaces { kept.insert(.netRaw) }
        return kept
    }

    private static func describe(_ capabilities: Capabilities) -> String {
        var names: [String] = []
        if capabilities.contains(.netRaw) { names.append("CAP_NET_RAW") }
        if capabilities.contains(.dacOverride) { names.append("CAP_DAC_OVERRIDE") }
        return names.isEmpty ? "no capabilities" : "no capabilities but " + names.joined(separator: " and ")
    }
}
