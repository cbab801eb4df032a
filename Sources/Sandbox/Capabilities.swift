// capabilities(7)

internal import CSandbox
internal import Glibc

/// A set of Linux capabilities.
struct Capabilities: OptionSet {
    let rawValue: UInt64

    /// Passes by permissions of files and folders.
    static let dacOverride = Capabilities(number: CAP_DAC_OVERRIDE)
    static let setIdentity: Capabilities = [Capabilities(number: CAP_SETUID), Capabilities(number: CAP_SETGID)]
    /// Opens packet sockets.
    static let netRaw = Capabilities(number: CAP_NET_RAW)
    static let setBounding = Capabilities(number: CAP_SETPCAP)

    init(rawValue: UInt64) { self.rawValue = rawValue }
    private init(number: Int32) { rawValue = 1 << UInt64(number) }

    /// Those that the calling thread has in effect.
    static func current() throws(SandboxError) -> Capabilities {
        var (effective, permitted): (UInt64, UInt64) = (0, 0)
        guard sandboxCapabilities(&effective, &permitted) == 0 else { throw .failed("capget", code: errno) }
        return Capabilities(rawValue: effective)
    }

    /// Gives up all others, for good: the effective, permitted, inheritable, ambient and, where that is allowed,
    /// bounding set of the calling thread.
    static func keepOnly(_ kept: Capabilities) throws(SandboxError) {
        let current = try current()
        if current.contains(.setBounding) {
            // Ends at the first number that the kernel does not know.
            var number: UInt = 0
            while sandboxDropBounding(number) == 0 { number += 1 }
        }
        // Kernels before 4.3 have no ambient set to clear.
        _ = sandboxClearAmbient()
        let left = current.intersection(kept)
        guard sandboxSetCapabilities(left.rawValue) == 0 else { throw .failed("capset", code: errno) }
        guard try Self.current() == left else { throw .failed("capset", code: EPERM) }
    }
}
