import Foundation
import Glibc
import TestSupport
import Testing

/// Two network namespaces of the test's own with a cable between them, removed with the last reference. The near end
/// is captured; what is sent comes from either.
///
///     near: 10.99.0.1/24 on `va` ──── `vb` 10.99.0.2/24 :far
final class VethPair {
    let near: String
    let far: String
    private let folder: ScratchFolder

    /// Why such tests cannot run here; `nil` where they can.
    static let problem: String? = {
        guard getuid() == 0 else { return "network namespaces can be made by root only" }
        for tool in ["/usr/sbin/ip", "/usr/bin/python3"] where !FileManager.default.isExecutableFile(atPath: tool) {
            return "\(tool) is not installed"
        }
        do {
            _ = try VethPair()
            return nil
        } catch {
            return "network namespaces cannot be made here: \(error)"
        }
    }()

    static var canRun: Bool { problem == nil }
    static var reason: Comment { Comment(rawValue: problem ?? "") }

    struct Failure: Error, CustomStringConvertible { let description: String }

    init() throws {
        let name = "tmt\(getpid())x\(UInt32.random(in: 0...UInt32.max))"
        (near, far) = (name + "a", name + "b")
        folder = try ScratchFolder()
        try folder.write(Self.sender.utf8, as: "send.py")
        try folder.write(Self.nameServer.utf8, as: "names.py")
        try folder.write(Self.forgetful.utf8, as: "forget.py")
        do {
            try Self.ip("netns", "add", near)
            try Self.ip("netns", "add", far)
            // Neighbour discovery would send when it likes.
            for side in [near, far] {
                try Self.ip(
                    "netns", "exec", side, "sh", "-c",
                    "for f in /proc/sys/net/ipv6/conf/*/disable_ipv6; do echo 1 > $f || true; done 2> /dev/null")
                try Self.ip("-n", side, "link", "set", "lo", "up")
            }
            try connect("va", "vb", network: 0)
        } catch {
            Self.remove(near, far)
            throw error
        }
    }

    deinit { Self.remove(near, far) }

    private static func remove(_ names: String...) {
        for name in names { _ = try? RunningCommand("/usr/sbin/ip", ["netns", "del", name]).wait() }
    }

    static func ip(_ words: String...) throws {
        let run = try RunningCommand("/usr/sbin/ip", words).wait()
        guard run.status == 0 else {
            throw Failure(description: "ip \(words.joined(separator: " ")): \(run.errors)")
        }
    }

    /// Puts another cable between the two.
    func connect(_ nearEnd: String, _ farEnd: String, network: Int) throws {
        try Self.ip("-n", near, "link", "add", nearEnd, "type", "veth", "peer", "name", farEnd, "netns", far)
        try Self.ip("-n", near, "addr", "add", "10.99.\(network).1/24", "dev", nearEnd)
        try Self.ip("-n", far, "addr", "add", "10.99.\(network).2/24", "dev", farEnd)
        try Self.ip("-n", near, "link", "set", nearEnd, "up")
        try Self.ip("-n", far, "link", "set", farEnd, "up")
    }

    /// Starts a program on one side.
    func start(_ side: String, _ words: [String]) throws -> RunningCommand {
        try RunningCommand("/usr/sbin/ip", ["netns", "exec", side] + words)
    }

    /// Starts `tidemark live` on the near side, and waits until it captures.
    func live(_ words: [String]) throws -> RunningCommand {
        let command = try start(near, [BuiltCommand.path, "live"] + words)
        try #require(
            command.waits { command.errors.contains("listening on") }, "live has not begun: \(command.errors)")
        return command
    }

    /// Runs a program on one side to its end, which is to be a good one.
    @discardableResult
    func run(_ side: String, _ words: [String]) throws -> BuiltCommand {
        let run = try start(side, words).wait()
        try #require(run.status == 0, "\(words.joined(separator: " ")): \(run.output)\(run.errors)")
        return run
    }

    /// Sends `count` UDP packets of 42 bytes from 10.0.0.1 to 10.0.0.2, port 9, into an interface, with a pause of so
    /// many seconds between them, in a VLAN or in none.
    func send(_ count: Int, into interface: String = "vb", pause: Double = 0, vlan: Int = 0) throws {
        try run(
            interface.hasPrefix("va") ? near : far,
            ["python3", folder.path("send.py"), interface, String(count), String(pause), String(vlan)])
    }

    func startSending(_ count: Int, into interface: String, pause: Double) throws -> RunningCommand {
        try start(far, ["python3", folder.path("send.py"), interface, String(count), String(pause), "0"])
    }

    /// A name server on the far side that answers each question with itself.
    func startNameServer() throws -> RunningCommand { try start(far, ["python3", folder.path("names.py")]) }

    // MARK: One stamp for all captures

    /// Whether ``clearDepartureTimes()`` works here.
    static let canClearDepartureTimes: Bool = {
        guard canRun, let pair = try? VethPair() else { return false }
        return (try? pair.clearDepartureTimes()) != nil
    }()

    /// Makes the cable as forgetful as a wire: from here on, until the program that is returned ends, packets of the
    /// far side's TCP arrive without a time.
    ///
    /// The kernel stamps a packet once, when it arrives, for all captures together; but not where it has a time
    /// already, and TCP's time of departure (skb->tstamp), which pacing uses, comes over a veth pair with the packet.
    /// Then each capture takes a time of its own, some tenths of a microsecond apart.
    func clearDepartureTimes() throws -> RunningCommand {
        let program = try start(far, ["python3", folder.path("forget.py"), "vb"])
        guard program.waits(until: { program.output.contains("attached") || program.hasEnded }),
            program.output.contains("attached")
        else { throw Failure(description: program.errors) }
        return program
    }

    /// Loads a BPF program for packets that an interface sends (tcx, Linux 6.6): bpf_skb_set_tstamp(skb, 0, 0), bpf(2),
    /// bpf-helpers(7).
    private static let forgetful = """
        import ctypes, os, platform, signal, socket, struct, sys
        BPF = {"x86_64": 321, "aarch64": 280}[platform.machine()]
        libc = ctypes.CDLL(None, use_errno=True)
        def bpf(command, attributes):
            room = ctypes.create_string_buffer(attributes.ljust(128, b"\\0"), 128)
            result = libc.syscall(BPF, command, room, 128)
            if result < 0:
                sys.exit(f"bpf command {command}: {os.strerror(ctypes.get_errno())}")
            return result
        def instruction(code, register, constant):
            return struct.pack("<BBhi", code, register, 0, constant)
        # r2 = 0; r3 = 0; call bpf_skb_set_tstamp; r0 = TCX_NEXT; exit
        code = b"".join(instruction(*words) for words in
                        [(0xb7, 2, 0), (0xb7, 3, 0), (0x85, 0, 192), (0xb7, 0, -1), (0x95, 0, 0)])
        program, licence = ctypes.create_string_buffer(code, len(code)), ctypes.create_string_buffer(b"GPL")
        EGRESS, SCHED_CLS, PROG_LOAD, LINK_CREATE = 47, 3, 5, 28
        loaded = bpf(PROG_LOAD, struct.pack("<IIQQ", SCHED_CLS, len(code) // 8, ctypes.addressof(program),
                                            ctypes.addressof(licence)).ljust(68, b"\\0") + struct.pack("<I", EGRESS))
        bpf(LINK_CREATE, struct.pack("<IIII", loaded, socket.if_nametoindex(sys.argv[1]), EGRESS, 0))
        print("attached", flush=True)
        signal.pause()
        """

    private static let sender = """
        import socket, sys, time
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        s.bind((sys.argv[1], 0))
        count, pause, vlan = int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
        tag = b"\\x81\\x00" + vlan.to_bytes(2, "big") if vlan else b""
        ip = bytes([0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2])
        frame = b"\\xff" * 6 + b"\\x02\\0\\0\\0\\0\\1" + tag + b"\\x08\\0" + ip + bytes([0, 9, 0, 9, 0, 8, 0, 0])
        for _ in range(count):
            while True:
                try:
                    s.send(frame)
                    break
                except OSError:
                    time.sleep(0.001)
            if pause:
                time.sleep(pause)
        """

    private static let nameServer = """
        import socket
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind(("10.99.0.2", 53))
        while True:
            q, a = s.recvfrom(512)
            end = q.index(b"\\0", 12) + 5
            s.sendto(q[:2] + b"\\x81\\x80\\0\\1\\0\\1\\0\\0\\0\\0" + q[12:end] +
                     b"\\xc0\\x0c\\0\\1\\0\\1\\0\\0\\0\\x3c\\0\\4\\x0a\\x63\\0\\2", a)
        """
}
