import EventTime
import Foundation
import TestSupport
import Testing

@testable import Pipeline

/// A service manager's end of the socket.
private final class Manager {
    let address: String
    private let descriptor: Int32

    init(address: String) throws {
        self.address = address
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(address.utf8)
        withUnsafeMutableBytes(of: &name.sun_path) { path in
            path.copyBytes(from: bytes)
            if bytes[0] == UInt8(ascii: "@") { path[0] = 0 }
        }
        let length = socklen_t(2 + bytes.count)
        let status = withUnsafePointer(to: &name) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        try #require(status == 0, "bind: \(errno)")
    }

    deinit { close(descriptor) }

    /// What has arrived, without waiting: a datagram is there when write(2) has returned.
    func received() -> [String] {
        var messages: [String] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            guard count > 0 else { return messages }
            messages.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}

@Suite("The service manager")
struct ServiceNotifierTests {
    private static func manager(isAbstract: Bool, _ folder: ScratchFolder) throws -> Manager {
        try Manager(address: isAbstract ? "@tidemark-test-\(UUID().uuidString)" : folder.path("notify"))
    }

    @Test("is told of the beginning, of life, and of the end", arguments: [true, false])
    func messages(isAbstract: Bool) throws {
        let folder = try ScratchFolder()
        let manager = try Self.manager(isAbstract: isAbstract, folder)
        let environment = ["NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "1000000"]
        let notifier = try #require(try ServiceNotifier.fromEnvironment { environment[$0] })
        notifier.ready(status: "lo:\nready", now: 0)
        #expect(manager.received() == ["READY=1\nSTATUS=lo: ready\nWATCHDOG=1"])
        // Half of a second is how often; not more often.
        notifier.alive(now: 499_999_999) { "too early" }
        #expect(manager.received().isEmpty)
        notifier.alive(now: 500_000_000) { "12 packets" }
        notifier.alive(now: 500_000_001) { "again" }
        #expect(manager.received() == ["WATCHDOG=1\nSTATUS=12 packets"])
        notifier.stopping()
        #expect(manager.received().first?.hasPrefix("STOPPING=1\n") == true)
    }

    @Test("that does not watch is told how things are once a second")
    func withoutWatchdog() throws {
        let folder = try ScratchFolder()
        let manager = try Self.manager(isAbstract: true, folder)
        let environment = ["NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "1000", "WATCHDOG_PID": "1"]
        let notifier = try #require(try ServiceNotifier.fromEnvironment { environment[$0] })
        notifier.ready(status: "", now: 0)
        notifier.alive(now: .second - 1) { "" }
        notifier.alive(now: .second) { "" }
        #expect(manager.received().count == 2)
    }

    @Test("may be absent, or may go away")
    func absent() throws {
        #expect(try ServiceNotifier.fromEnvironment { _ in nil } === nil)
        let folder = try ScratchFolder()
        var manager: Manager? = try Self.manager(isAbstract: true, folder)
        let address = manager?.address
        let notifier = try #require(try ServiceNotifier.fromEnvironment { $0 == "NOTIFY_SOCKET" ? address : nil })
        manager = nil
        notifier.ready(status: "", now: 0)
        notifier.stopping()
    }

    @Test(
        "is not found at an address that is wrong",
        arguments: [
            ("/nowhere/notify", ENOENT), ("vsock:2:3", EAFNOSUPPORT),
            ("/" + String(repeating: "a", count: 200), ENAMETOOLONG),
        ])
    func wrong(address: String, code: Int32) {
        #expect(throws: ServiceNotifier.CannotConnect(address: address, code: code)) {
            _ = try ServiceNotifier.fromEnvironment { $0 == "NOTIFY_SOCKET" ? address : nil }
        }
    }
}
