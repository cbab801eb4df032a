/// Reads a packet's headers as far as its transport's: bytes in, values out.
///
/// Every packet stands for itself: nothing is reassembled and nothing remembered. What is decoded does not
/// depend on bytes behind the claims of an enclosing header, so the padding of short Ethernet frames is never
/// taken for a header.
public struct PacketDecoder: Sendable {
    public let layer: IPLayer

    public init(layer: IPLayer) { self.layer = layer }

    /// Decodes one packet. Never fails: what is cut off, invalid or unknown is said by
    /// ``DecodedPacket/kind`` and ``DecodedPacket/problem``, and what was valid before it stays.
    ///
    /// - Parameters:
    ///   - bytes: The captured bytes, from the frame's first.
    ///   - originalLength: The frame's length on the wire.
    ///   - linkType: What the first byte begins.
    public func decode(_ bytes: RawSpan, originalLength: UInt32, linkType: LinkType) -> DecodedPacket {
        var common: DecodedPacket?
        if decodeCommon(bytes, originalLength: originalLength, linkType: linkType, { common = $0 }),
            let common
        {
            return common
        }
        return decodeUncommon(bytes, originalLength: originalLength, linkType: linkType)
    }

    /// Decodes any packet, header by header.
    @inline(never)
    public func decodeUncommon(_ bytes: RawSpan, originalLength: UInt32, linkType: LinkType) -> DecodedPacket {
        var walk = HeaderWalk(layer: layer, capturedLength: bytes.byteCount, originalLength: originalLength)
        walk.follow(.link(linkType), bytes)
        return walk.packet
    }
}
