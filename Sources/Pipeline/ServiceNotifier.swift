// sd_notify(3), unix(7)

public import EventTime
import Glibc

/// Tells the service manager that started the process how it is: ready, alive, stopping. Datagrams to the socket that
/// `NOTIFY_SOCKET` names, as systemd's `Type=notify` expects them.
///
/// Connected once, before a sandbox closes the way. A manager that has gone is no reason to stop: what cannot be sent
/// is not sent. Belongs to one thread.
public final class ServiceNotifier {
    /// Why the socket of `NOTIFY_SOCKET` cannot be used.
    public struct CannotConnect: Error, Hashable, Sendable, CustomStringConvertible {
        public let address: String
        public let code: Int32
        public var description: String {
            "cannot notify the service manager at '\(address)': \(String(cString: strerror(code)))"
        }
    }

    private let descriptor: Int32
    /// How often to say that the process is alive: half of what the manager waits. `nil`: it does not wait.
    private let beat: Nanoseconds?
    private var latestBeat: Nanoseconds?

    /// The manager that the environment names; `nil` where there is none.
    public static func fromEnvironment() throws(CannotConnect) -> ServiceNotifier? {
        try fromEnvironment { name in getenv(name).map { String(cString: $0) } }
    }

    static func fromEnvironment(_ variable: (String) -> String?) throws(CannotConnect) -> ServiceNotifier? {
        guard let address = variable("NOTIFY_SOCKET"), !address.isEmpty else { return nil }
        // The watchdog is another process's where WATCHDOG_PID says so (sd_watchdog_enabled(3)).
        let isOurs = variable("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
        let microseconds = isOurs ? variable("WATCHDOG_USEC").flatMap(Int64.init) : nil
        let beat = microseconds.flatMap { $0 > 0 ? $0.multipliedReportingOverflow(by: 500) : nil }
        return ServiceNotifier(
            descriptor: try connected(to: address), beat: beat.flatMap { $0.overflow ? nil : $0.partialValue })
    }

    private init(descriptor: Int32, beat: Nanoseconds?) {
        self.descriptor = descriptor
        self.beat = beat
    }

    deinit { close(descriptor) }

    /// `address`: a path, or an abstract name after `@`.
    private static func connected(to address: String) throws(CannotConnect) -> Int32 {
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(address.utf8)
        let isAbstract = bytes.first == UInt8(ascii: "@")
        let room = MemoryLayout.size(ofValue: name.sun_path)
        guard isAbstract || bytes.first == UInt8(ascii: "/") else {
            throw CannotConnect(address: address, code: EAFNOSUPPORT)
        }
        guard bytes.count < room else { throw CannotConnect(address: address, code: ENAMETOOLONG) }
        withUnsafeMutableBytes(of: &name.sun_path) { path in
            path.copyBytes(from: bytes)
            // An abstract name begins with a zero byte and has none at its end.
            if isAbstract { path[0] = 0 }
        }
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? MemoryLayout<sa_family_t>.size
        let length = socklen_t(offset + bytes.count + (isAbstract ? 0 : 1))
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw CannotConnect(address: address, code: errno) }
        let status = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        guard status == 0 else {
            let code = errno
            close(descriptor)
            throw CannotConnect(address: address, code: code)
        }
        return descriptor
    }

    /// Sources and outputs are open, and the sandbox is entered.
    public func ready(status: String, now: Nanoseconds) {
        latestBeat = now
        send("READY=1\nSTATUS=\(Self.line(status))\nWATCHDOG=1")
    }

    /// To be called from the loop that does the work, so that a loop that hangs is noticed: says that the process is
    /// alive, and how it is, when that is due. At least once a second where nobody waits for it. `now` is a
    /// monotonic clock's.
    public func alive(now: Nanoseconds, status: () -> String) {
        let interval = min(beat ?? .second, .second)
        if let latestBeat, now - latestBeat < interval { return }
        latestBeat = now
        send("WATCHDOG=1\nSTATUS=\(Self.line(status()))")
    }

    /// The process has begun to end.
    public func stopping() { send("STOPPING=1\nSTATUS=writing what is left") }

    private static func line(_ text: String) -> String {
        String(text.map { $0.isNewline ? " " : $0 })
    }

    /// Through write(2), which a sandbox allows where it refuses to send to addresses.
    private func send(_ message: String) {
        let bytes = Array(message.utf8)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}
