// RFC 3174, https://www.rfc-editor.org/rfc/rfc3174.

/// Five words, the first in the lowest place, and three that are 0.
typealias SHA1Digest = SIMD8<UInt32>

/// Most bytes of a message that is one block with its length.
let sha1ShortMessage = 55

/// SHA-1 of a message of at most ``sha1ShortMessage`` bytes, which stands at the beginning of a block of 64 that is else
/// zeros. For identifiers, not for security. Allocates nothing.
func sha1(_ block: UnsafeMutableRawBufferPointer, count: Int) -> SHA1Digest {
    precondition(block.count == 64 && count <= sha1ShortMessage)
    // Behind the message a bit, and in the last eight bytes the number of its bits.
    block[count] = 0x80
    block.storeBytes(of: (UInt64(count) * 8).bigEndian, toByteOffset: 56, as: UInt64.self)
    let state = SHA1Digest(0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0, 0, 0, 0)
    return withUnsafeTemporaryAllocation(of: UInt32.self, capacity: 80) { words in
        for place in 0..<16 {
            words[place] = UInt32(bigEndian: block.load(fromByteOffset: 4 * place, as: UInt32.self))
        }
        for place in 16..<80 {
            let mixed = words[place - 3] ^ words[place - 8] ^ words[place - 14] ^ words[place - 16]
            words[place] = rotateLeft(mixed, by: 1)
        }
        return state &+ rounds(of: words, from: state)
    }
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
    turn(0..<20, 0x5A82_7999) { b, c, d in d ^ b & (c ^ d) }
    turn(20..<40, 0x6ED9_EBA1) { b, c, d in b ^ c ^ d }
    turn(40..<60, 0x8F1B_BCDC) { b, c, d in b & c | d & (b | c) }
    turn(60..<80, 0xCA62_C1D6) { b, c, d in b ^ c ^ d }
    return SHA1Digest(a, b, c, d, e, 0, 0, 0)
}

private func rotateLeft(_ word: UInt32, by count: UInt32) -> UInt32 { word &<< count | word &>> (32 &- count) }
