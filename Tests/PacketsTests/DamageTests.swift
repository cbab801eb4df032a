import Packets
import TestSupport
import Testing

private typealias Build = PacketBuilder

/// Loads from a span check their bounds, so a read beyond a frame would end the test run.
@Suite("Damaged frames are decoded as far as they go")
struct DamageTests {
    /// Every frame of the link and tunnel tests.
    static let frames: [(frame: [UInt8], link: LinkType)] =
        LinkTests.beforeIPv4.map { (Build.hex($0.prefix) + Inside.ipv4, $0.link) }
        + LinkTests.beforeIPv6.map { (Build.hex($0.prefix) + Inside.ipv6, $0.link) }
        + WLANTests.carriers.map { (Build.hex($0.prefix) + Build.wlan(Inside.ipv4), $0.link) }
        + (TunnelTests.withIPv4 + TunnelTests.withIPv6 + TunnelTests.notFollowed).flatMap { example in
            [
                (Build.ipv4(example.content, protocol: example.number), .raw),
                (Build.ethernet(Build.ipv6(example.content, next: example.number), type: 0x86dd), .ethernet),
            ]
        }
        + IPv6Tests.chains.map { (Build.ipv6($0.headers + Build.tcp(), next: $0.first), .raw) }

    static let links: [LinkType] =
        Array(Set(frames.map(\.link.rawValue))).sorted().map { LinkType(rawValue: $0) } + [
            .sunATM, .ipOverFibreChannel, .ciscoHDLCWithDirection, .frameRelayWithDirection, .ipnet, .netANALYZER,
            .netANALYZERTransparent, .ethernetMPacket, .endaceERF, .radiotap, .classicalIPOverATM,
            LinkType(rawValue: 147),
        ]

    /// What must hold for any bytes at all.
    static func check(_ packet: DecodedPacket) {
        switch packet.kind {
        case .ip: break
        case .nonIP:
            #expect(packet.problem == .none)
        case .malformed: #expect(packet.problem != .none)
        }
        if packet.kind != .ip { #expect(packet.bytes == 0 && packet.transport == 0) }
        if packet.fragment == .later || !packet.hasPorts {
            #expect(packet.sourcePort == 0 && packet.destinationPort == 0)
        }
        if packet.fragment == .whole { #expect(packet.fragmentIdentification == 0) }
        if packet.transport != 6 { #expect(packet.tcpFlags == 0 && packet.tcpSequence == 0) }
    }

    @Test("wherever they are cut off")
    func cuts() {
        for (frame, link) in Self.frames {
            let whole = decode(frame, layer: .outer, link: link)
            for count in 0..<frame.count {
                let cut = Array(frame.prefix(count))
                for layer in IPLayer.allCases {
                    let packet = decode(cut, layer: layer, link: link, originalLength: UInt32(frame.count))
                    Self.check(packet)
                    #expect(packet.wireBytes == UInt32(frame.count))
                    guard layer == .outer, packet.kind == .ip else { continue }
                    #expect(packet.source == whole.source && packet.destination == whole.destination)
                    #expect(packet.bytes == whole.bytes)
                }
            }
        }
    }

    @Test("whichever bits are wrong", arguments: 0..<8 as Range<UInt64>)
    func flips(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for (frame, link) in Self.frames {
            for _ in 0..<20 {
                var damaged = frame
                for _ in 0..<Int.random(in: 1...6, using: &generator) {
                    damaged[Int.random(in: 0..<frame.count, using: &generator)] ^=
                        1 << UInt8.random(in: 0..<8, using: &generator)
                }
                for layer in IPLayer.allCases { Self.check(decode(damaged, layer: layer, link: link)) }
            }
        }
    }

    @Test("whatever bytes they are", arguments: 0..<8 as Range<UInt64>)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: 1000 + seed)
        // Bytes that choose a header, so that noise goes deeper than the first one.
        let favourites: [UInt8] = [
            0, 1, 2, 4, 6, 17, 41, 43, 44, 47, 51, 60, 0x45, 0x60, 0x08, 0x86, 0xdd, 0x88, 0x47, 0xff,
        ]
        for link in Self.links {
            for _ in 0..<200 {
                let frame = (0..<Int.random(in: 0...120, using: &generator)).map { _ in
                    Bool.random(using: &generator)
                        ? UInt8.random(in: .min ... .max, using: &generator)
                        : favourites.randomElement(using: &generator) ?? 0
                }
                let originalLength = UInt32.random(in: 0...200, using: &generator)
                for layer in IPLayer.allCases {
                    Self.check(decode(frame, layer: layer, link: link, originalLength: originalLength))
                }
            }
        }
    }

    @Test("and the same with every header in place of every other")
    func splices() {
        let parts: [(number: UInt8, content: [UInt8])] =
            (TunnelTests.withIPv4 + TunnelTests.withIPv6).map { ($0.number, $0.content) }
        for outside in parts {
            for inside in parts {
                let joined = Build.ipv4(
                    outside.content.dropLast(Inside.ipv4.count)
                        + Build.ipv4(inside.content, protocol: inside.number),
                    protocol: outside.number)
                Self.check(decode(joined, link: .raw))
            }
        }
    }
}
