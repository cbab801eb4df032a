// RFC 3174, https://www.rfc-editor.org/rfc/rfc3174.

/// Five words, the first in the lowest place, and three that are 0.
typealias SHA1Digest = SIMD8<UInt32>

/// SHA-1 of a short message. For identifiers, not for security. O(length); allocates nothing.
func sha1(_ message: UnsafeRawBufferPointer) -> SHA1Digest {
    var state = SHA1Digest(0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0, 0, 0, 0)
    // The message, a bit, zeros, and the number of its bits in the last eight bytes of a block.
    let blocks = (message.count + 8) / 64 + 1
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
        for block in 0..<blocks {
            for place in 0..<16 { words[place] = word(64 * block + 4 * place, of: message) }
            if block == blocks - 1 {
                let bits = UInt64(message.count) * 8
                words[14] = UInt32(truncatingIfNeeded: bits >> 32)
                words[15] = UInt32(truncatingIfNeeded: bits)
            }
            for place in 16..<80 {
                let mixed = words[place - 3] ^ words[place - 8] ^ words[place - 14] ^ words[place - 16]
                words[place] = rotateLeft(mixed, by: 1)
            }
            state &+= rounds(of: words, from: state)
        }
    }
    return state
}

/// Four bytes of the padded message, but for its length.
private func word(_ offset: Int, of message: UnsafeRawBufferPointer) -> UInt32 {
    if offset + 4 <= message.count {
        return UInt32(bigEndian: message.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    var word: UInt32 = 0
    for place in offset..<offset + 4 {
        let byte = place < message.count ? message[place] : place == message.count ? 0x80 : 0
        word = word << 8 | UInt32(byte)
    }
    return word
}

/// What a block adds to the state.
private func rounds(of words: UnsafeMutableBufferPointer<UInt32>, from state: SHA1Digest) -> SHA1Digest {
    var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
    func turn(_ range: Range<Int>, _ constant: UInt32, _ mix: (UInt32, UInt32, UInt32) -> UInt32) {
        for place in range {
            let next = rotateLeft(a, by: 5) &+ mix(b, c, d) &+ e &+ constant &+ words[place]
            (a, b, c, d, e) = (next, a, rotateLeft(b, by: 30), c, d)
        }
    }
    turn(0..<20, 0x5A82_7999) { b, c, d in b & c | ~b & d }
    turn(20..<40, 0x6ED9_EBA1) { b, c, d in b ^ c ^ d }
    turn(40..<60, 0x8F1B_BCDC) { b, c, d in b & c | b & d | c & d }
    turn(60..<80, 0xCA62_C1D6) { b, c, d in b ^ c ^ d }
    return SHA1Digest(a, b, c, d, e, 0, 0, 0)
}

private func rotateLeft(_ word: UInt32, by count: UInt32) -> UInt32 { word &<< count | word &>> (32 &- count) }
