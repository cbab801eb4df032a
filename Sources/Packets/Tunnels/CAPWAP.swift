// CAPWAP's data channel: RFC 5415, section 4.3.

extension HeaderWalk {
    /// Reads the preamble (0: not encrypted) and the header, whose length in words is in its first five bits:
    ///
    ///     byte 0          1                                              4             6
    ///          | preamble | length, radio, binding, native (T), F, L, W, M, K | fragment | offset | … |
    ///
    /// A fragment of
    /// a frame, even the first, is not followed. Access points write the control field of native 802.11 frames with its bytes exchanged.
    mutating func capwap(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedTunnelHeader) }
        guard bytes.byte(at: offset) == 0 else { return .none }
        let fields = bytes.uint24(at: offset + 1)
        let length = Int(fields >> 19) * 4
        let binding = fields >> 9 & 0x1f
        let isNative = fields & 0x100 != 0
        let isFragment = fields & 0x80 != 0
        let isKeepAlive = fields & 0x08 != 0
        guard length >= 8 else { return .problem(.badTunnelHeader) }
        offset += length
        if isKeepAlive || isFragment { return .none }
        if !isNative { return .ethernet }
        return binding == 1 ? .wlan(WLANFrame(isSwapped: true)) : .none
    }
}
