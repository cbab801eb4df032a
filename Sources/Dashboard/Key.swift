/// A key that was pressed.
enum Key: Hashable {
    case character(Character)
    case enter, escape, backspace, tab, clearLine, redraw
    case up, down, pageUp, pageDown, home, end
    case function(Int)
}

/// Makes keys of the bytes that a terminal sends (ECMA-48 and what xterm adds): a state machine, since a key may come
/// in pieces. What it does not know it swallows whole.
struct KeyDecoder {
    private enum State: Equatable {
        case ground
        /// After ESC: a key of its own, or the beginning of one.
        case escape
        /// After ESC [ or ESC O.
        case sequence([UInt8])
        /// In a character of several bytes; none of them is used.
        case multibyte(left: Int)
    }

    private var state = State.ground
    /// The longest sequence that is looked at; terminals send far shorter ones.
    private static let longestSequence = 32

    /// Whether an ESC is waiting to be told from the beginning of a sequence: when nothing follows within a moment,
    /// ``flush()``.
    var isWaiting: Bool { state == .escape }

    /// The keys that are complete with these bytes.
    mutating func decode(_ bytes: some Sequence<UInt8>) -> [Key] {
        bytes.compactMap { decode($0) }
    }

    /// Nothing has followed: an ESC was the key itself.
    mutating func flush() -> [Key] {
        guard state == .escape else { return [] }
        state = .ground
        return [.escape]
    }

    private mutating func decode(_ byte: UInt8) -> Key? {
        switch state {
        case .ground: return plain(byte)
        case .escape:
            if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "O") {
                state = .sequence([byte])
                return nil
            }
            state = .ground
            // Alt and a key, or ESC pressed twice.
            return byte == 0x1B ? .escape : nil
        case .sequence(let bytes): return sequence(bytes, byte)
        case .multibyte(let left):
            state = left > 1 ? .multibyte(left: left - 1) : .ground
            return nil
        }
    }

    private mutating func plain(_ byte: UInt8) -> Key? {
        switch byte {
        case 0x1B:
            state = .escape
            return nil
        case 0x09: return .tab
        case 0x0A, 0x0D: return .enter
        case 0x08, 0x7F: return .backspace
        case 0x0C: return .redraw
        case 0x15: return .clearLine
        case 0x20...0x7E: return .character(Character(Unicode.Scalar(byte)))
        case 0xC0...0xDF: state = .multibyte(left: 1)
        case 0xE0...0xEF: state = .multibyte(left: 2)
        case 0xF0...0xF7: state = .multibyte(left: 3)
        default: break
        }
        return nil
    }

    private mutating func sequence(_ bytes: [UInt8], _ byte: UInt8) -> Key? {
        let isIntroducer = bytes.count == 1
        // ESC O is followed by one byte; ESC [ by parameters and a final byte of 0x40 to 0x7E. The Linux console sends
        // ESC [ [ A for F1.
        let isFinal = (0x40...0x7E).contains(byte) && !(isIntroducer && bytes[0] == byte)
        guard isFinal || bytes.count >= Self.longestSequence else {
            state = byte == 0x1B ? .escape : .sequence(bytes + [byte])
            return nil
        }
        state = .ground
        return Self.key(String(decoding: bytes.dropFirst() + [byte], as: UTF8.self))
    }

    private static func key(_ text: String) -> Key? {
        switch text {
        case "A": .up
        case "B": .down
        case "H", "1~", "7~": .home
        case "F", "4~", "8~": .end
        case "5~": .pageUp
        case "6~": .pageDown
        case "P", "11~", "[A": .function(1)
        case "14~", "S", "[D": .function(4)
        case "17~": .function(6)
        case "21~": .function(10)
        default: nil
        }
    }
}
