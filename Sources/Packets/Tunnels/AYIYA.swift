// AYIYA ("anything in anything"): draft-massar-v6ops-ayiya-02, section 3.

extension HeaderWalk {
    /// Reads the identity's length as a power of two and its type, the signature's length in words and its
    /// kind, authentication and operation, next protocol, time (4 bytes), identity, signature.
    mutating func ayiya(_ bytes: RawSpan) -> NextHeader {
        guard has(8) else { return .problem(.truncatedTunnelHeader) }
        let identityLength = 1 << Int(bytes.byte(at: offset) >> 4)
        let signatureLength = Int(bytes.byte(at: offset + 1) >> 4) * 4
        let operation = bytes.byte(at: offset + 2) & 0xf
        let next = bytes.byte(at: offset + 3)
        let forward: UInt8 = 1
        guard operation == forward else { return .none }
        offset += 8 + identityLength + signatureLength
        return encapsulation(next, bytes)
    }
}
