import TestSupport
import Testing

@testable import Packets

private typealias Build = PacketBuilder

@Suite("The short way for common packets")
struct CommonPathTests {
    static func isCommon(_ frame: [UInt8], layer: IPLayer = .inner) -> Bool {
        PacketDecoder(layer: layer).commonPacket(frame.span.bytes, originalLength: UInt32(frame.count)) != nil
    }

    /// Decodes both ways and wants the same.
    static func compare(_ frame: [UInt8], originalLength: UInt32) {
        for layer in IPLayer.allCases {
            let decoder = PacketDecoder(layer: layer)
            let bytes = frame.span.bytes
            let short = decoder.commonPacket(bytes, originalLength: originalLength)
            guard let short else { continue }
            let long = decoder.decodeUncommon(bytes, originalLength: originalLength, linkType: .ethernet)
            #expect(short == long, "\(frame)")
        }
    }

    static let frames: [[UInt8]] =
        [
            Build.ipv4(Build.tcp(flags: 0x12), protocol: 6), Build.ipv4(Build.udp(Build.zeros(20)), protocol: 17),
            Build.ipv4(Build.udp(Build.vxlan(Inside.ethernet), to: 4789), protocol: 17),
        ].flatMap { [Build.ethernet($0), Build.ethernet(Build.vlan(5, $0), type: 0x8100)] }
        + [
            Build.ipv6(Build.tcp(), next: 6), Build.ipv6(Build.udp(Build.zeros(20)), next: 17),
        ].flatMap {
            [Build.ethernet($0, type: 0x86dd), Build.ethernet(Build.vlan(5, $0, type: 0x86dd), type: 0x8100)]
        }

    @Test("is taken by TCP and UDP in plain headers")
    func taken() {
        #expect(Self.frames.count { Self.isCommon($0) } == 8)
        #expect(Self.frames.count { Self.isCommon($0, layer: .outer) } == 10)
    }

    @Test("gives what the walk gives, whole, cut off and damaged")
    func equality() {
        var generator = SeededGenerator(seed: 7)
        for frame in Self.frames {
            for count in 0...frame.count { Self.compare(Array(frame.prefix(count)), originalLength: 1514) }
            for _ in 0..<2000 {
                var damaged = frame
                for _ in 0..<Int.random(in: 1...3, using: &generator) {
                    damaged[Int.random(in: 12..<frame.count, using: &generator)] ^=
                        1 << UInt8.random(in: 0..<8, using: &generator)
                }
                Self.compare(damaged, originalLength: UInt32(frame.count))
            }
        }
    }

    @Test("is closed to every tunnel's port")
    func ports() {
        let tunnels = (UInt16.min...UInt16.max).filter { UDPTunnel.registered($0) != nil }
        #expect(tunnels.count == 15)
        #expect(tunnels.allSatisfy(UDPTunnel.mayUse))
    }
}

extension PacketDecoder {
    /// What the short way says of an Ethernet frame; `nil` where it does not take it.
    fileprivate func commonPacket(_ bytes: RawSpan, originalLength: UInt32) -> DecodedPacket? {
        var packet: DecodedPacket?
        let isCommon = decodeCommon(bytes, originalLength: originalLength, linkType: .ethernet) { packet = $0 }
        return isCommon ? packet : nil
    }
}
