import Packets
import Testing

@Suite(
    "Every capture of another project is decoded as tshark decodes it",
    .enabled(if: !SharedCaptures.names.isEmpty, "../shared/captures is not here"))
struct TruthTests {
    @Test("hosts, packets, bytes, protocols, fragments, conversations", arguments: SharedCaptures.names)
    func truth(name: String) throws {
        let truth = try Truth(of: name)
        let capture = try #require(SharedCaptures.folder).appending(path: "dev/\(name)")
        let decoders = (outer: PacketDecoder(layer: .outer), inner: PacketDecoder(layer: .inner))
        var outer = Truth.Layer.Counter()
        var inner = Truth.Layer.Counter()
        var frames = 0
        var framesWithoutIP = 0
        try forEachPacket(in: capture) { record, bytes in
            frames += 1
            let packet = decoders.outer.decode(
                bytes, originalLength: record.originalLength, linkType: record.linkType)
            let inside = decoders.inner.decode(
                bytes, originalLength: record.originalLength, linkType: record.linkType)
            #expect((packet.kind == .ip) == (inside.kind == .ip), "packet \(record.number)")
            guard packet.kind == .ip else {
                framesWithoutIP += 1
                return
            }
            outer.add(packet)
            inner.add(inside)
        }
        #expect(frames == truth.frames)
        #expect(framesWithoutIP == truth.framesWithoutIp)
        Self.expectEqual(outer.layer, truth.outer, "outer")
        Self.expectEqual(inner.layer, truth.inner, "inner")
    }

    /// Compares part by part, and hosts one by one, so that a failure names what differs.
    static func expectEqual(_ found: Truth.Layer, _ wanted: Truth.Layer, _ layer: Comment) {
        for host in Set(found.hosts.keys).union(wanted.hosts.keys).sorted()
        where found.hosts[host] != wanted.hosts[host] {
            Issue.record(
                "\(layer) \(host): \(found.hosts[host] ?? []), not \(wanted.hosts[host] ?? [])")
        }
        #expect(found.packets == wanted.packets, layer)
        #expect(found.ipBytes == wanted.ipBytes, layer)
        #expect(found.wireBytes == wanted.wireBytes, layer)
        #expect(found.protocols == wanted.protocols, layer)
        #expect(found.laterFragments == wanted.laterFragments, layer)
        #expect(found.conversationsByProtocol == wanted.conversationsByProtocol, layer)
        #expect(found.noPortPairs == wanted.noPortPairs, layer)
        #expect(found == wanted, layer)
    }
}
