import Capture
import TestSupport
import Testing

/// An Ethernet frame with an IPv4 header and the ports of TCP or UDP.
private func frame(transport: UInt8, port: UInt16) -> [UInt8] {
    [UInt8](repeating: 2, count: 12) + [0x08, 0x00] + datagram(transport: transport, port: port)
}

private func datagram(transport: UInt8, port: UInt16) -> [UInt8] {
    [0x45, 0, 0, 40, 0, 1, 0, 0, 64, transport, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]
        + [UInt8(port >> 8), UInt8(port & 0xFF), 0, 99] + [UInt8](repeating: 0, count: 16)
}

@Suite("A filter")
struct FilterTests {
    @Test("lets through what its expression says, and counts the rest")
    func passes() throws {
        var capture = PcapBuilder()
        for port in 0..<1000 as Range<UInt16> {
            capture.packet(seconds: UInt32(port), frame(transport: port % 2 == 0 ? 6 : 17, port: port))
        }
        let (result, _) = try read(bytes: capture.bytes, filter: "udp and src portrange 100-200")
        let expected = stride(from: 102, through: 200, by: 2).map { UInt64($0) }
        #expect(result.records.map(\.number) == expected)
        #expect(result.received == 1000)
    }

    @Test("is compiled for each link type of a capture")
    func linkTypes() throws {
        var capture = PcapngBuilder()
        capture.interface(linkType: 1)
        capture.interface(linkType: 101)
        for port in [53, 80] as [UInt16] {
            capture.packet(interface: 0, time: 1, frame(transport: 17, port: port))
            capture.packet(interface: 1, time: 1, datagram(transport: 17, port: port))
        }
        let (result, messages) = try read(bytes: capture.bytes, filter: "port 53")
        #expect(result.records.map(\.number) == [1, 2])
        #expect(messages.isEmpty)
    }

    @Test(
        "that is no expression is refused with libpcap's words",
        arguments: ["port nowhere!", "udp and and", "(tcp"])
    func badExpression(expression: String) throws {
        let error = #expect(throws: CaptureError.self) { try CaptureStream(inputs: [], filter: expression) }
        guard case .badFilter(expression, let reason) = error else {
            Issue.record("not a bad filter: \(String(describing: error))")
            return
        }
        #expect(!reason.isEmpty)
        #expect(error?.category == .usage)
    }

    @Test("may make sense for some link types only")
    func wireless() throws {
        var capture = PcapBuilder(linkType: 105)
        capture.packet(seconds: 1, [0x80, 0] + [UInt8](repeating: 0, count: 30))
        capture.packet(seconds: 1, [0x08, 0] + [UInt8](repeating: 0, count: 30))
        #expect(try read(bytes: capture.bytes, filter: "type mgt").result.packets.count == 1)
    }

    @Test("that libpcap cannot apply to a link type lets none of its packets through, and says so once")
    func notApplicable() throws {
        var capture = PcapBuilder(linkType: 1)
        for _ in 0..<600 { capture.packet(seconds: 1, frame(transport: 17, port: 53)) }
        let (result, messages) = try read(bytes: capture.bytes, filter: "type mgt")
        #expect(result.packets.isEmpty)
        #expect(result.received == 600)
        #expect(messages.count == 1)
        #expect(messages.first?.hasPrefix("filter 'type mgt': link type 1 cannot be filtered with it: ") == true)
        #expect(result.errors.map(\.category) == [.usage])
    }

    @Test("of nothing lets everything through")
    func empty() throws {
        var capture = PcapBuilder()
        capture.packet(seconds: 1, [1])
        #expect(try read(bytes: capture.bytes, filter: "").result.packets.count == 1)
    }

    @Test("can be compiled by many threads at once")
    func threads() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for port in 1...50 {
                group.addTask {
                    _ = try CaptureStream(inputs: [], filter: "tcp port \(port) or host 10.0.0.\(port)")
                }
            }
            try await group.waitForAll()
        }
    }
}
