internal import Flows
internal import Packets

/// A place in memory where text is stored piece by piece. Without a check for each piece: who makes a cursor knows
/// how long the text can get, and sees to room for that and for ``overrun``.
struct TextCursor {
    /// Where the next piece goes.
    private(set) var place: UnsafeMutableRawPointer

    /// How far behind its own end a piece may store: several bytes at a time are cheaper than the right number of
    /// them.
    static let overrun = 48
    /// Most bytes of a word or an address that is a value of a row.
    static let longestWord = 64

    init(_ start: UnsafeMutableRawPointer) { place = start }

    @inline(__always)
    mutating func store(_ byte: UInt8) {
        place.storeBytes(of: byte, as: UInt8.self)
        place += 1
    }

    /// Forgets the last bytes.
    @inline(__always)
    mutating func takeBack(_ count: Int) { place -= count }

    /// Where the text is known when this is compiled, it becomes part of the instructions.
    @inline(__always)
    mutating func store(_ text: StaticString) {
        place.copyMemory(from: text.utf8Start, byteCount: text.utf8CodeUnitCount)
        place += text.utf8CodeUnitCount
    }

    /// At most ``longestWord`` bytes.
    mutating func store(word: String) {
        var word = word
        word.withUTF8 { bytes in
            precondition(bytes.count <= Self.longestWord, "a value is longer than a row has room for")
            guard let start = bytes.baseAddress else { return }
            place.copyMemory(from: start, byteCount: bytes.count)
            place += bytes.count
        }
    }

    @inline(__always)
    mutating func store(_ address: IPAddress) { place += address.storeText(at: place) }

    mutating func store(_ identifier: CommunityID) { place += identifier.storeText(at: place) }

    /// Stores 32 bytes, of which `count` are text.
    @inline(__always)
    mutating func store(_ bytes: SIMD32<UInt8>, count: Int) {
        place.storeBytes(of: bytes, as: SIMD32<UInt8>.self)
        place += count
    }

    /// Stores a number in decimal digits, at most 20.
    @inline(__always)
    mutating func store(decimal number: UInt64) {
        if number < DecimalDigits.limit {
            store(DecimalDigits(UInt32(truncatingIfNeeded: number)))
        } else {
            storeLong(number)
        }
    }

    private mutating func storeLong(_ number: UInt64) {
        let (high, low) = number.quotientAndRemainder(dividingBy: DecimalDigits.limit)
        store(decimal: high)
        store(Int(low), digits: 8)
    }

    /// Stores a number below 100 in two digits.
    @inline(__always)
    mutating func store(twoDigits number: Int) {
        let tens = (number &* 103) &>> 10
        let text = UInt16(truncatingIfNeeded: tens | (number &- tens &* 10) &<< 8) | 0x3030
        place.storeBytes(of: text.littleEndian, as: UInt16.self)
        place += 2
    }

    /// Stores the last `digits` of a number below 100,000,000, with leading zeros.
    mutating func store(_ number: Int, digits: Int) {
        let text = DecimalDigits(UInt32(truncatingIfNeeded: number)).text
        place.storeBytes(of: (text >> UInt64(8 * (8 - digits))).littleEndian, as: UInt64.self)
        place += digits
    }

    /// Stores billionths, of which there are some, as digits behind a point, without trailing zeros.
    @inline(__always)
    mutating func store(fraction billionths: UInt32) {
        let digits = DecimalDigits(billionths / 10)
        place.storeBytes(of: digits.text.littleEndian, as: UInt64.self)
        let last = billionths % 10
        guard last == 0 else {
            place += 8
            return store(UInt8(truncatingIfNeeded: last) | 0x30)
        }
        place += 8 - digits.trailingZeros
    }

    @inline(__always)
    private mutating func store(_ digits: DecimalDigits) {
        let leading = digits.leadingZeros
        place.storeBytes(of: (digits.text &>> UInt64(8 * leading)).littleEndian, as: UInt64.self)
        place += 8 - leading
    }
}

/// The eight digits of a number below 100,000,000, worked out at once in the parts of one register, without a branch:
/// how long the numbers of rows are cannot be foreseen. After Paul Khuong, "How to print integers really fast",
/// https://pvk.ca/Blog/2017/12/22/appnexus-common-framework-its-out-also-how-to-print-integers-faster/.
struct DecimalDigits {
    static let limit: UInt64 = 100_000_000

    /// A byte for each digit, from 0 to 9, the first digit's the lowest.
    private let digits: UInt64

    @inline(__always)
    init(_ number: UInt32) {
        // Two parts of four digits, then four of two, then eight of one. Divisions are multiplications by a rounded
        // reciprocal, exact in the range of the parts.
        let fours = UInt64(number / 10_000) | UInt64(number % 10_000) << 32
        let hundreds = (fours &* 10_486) >> 20 & 0x0000_007F_0000_007F
        let twos = hundreds | (fours &- hundreds &* 100) << 16
        let tens = (twos &* 103) >> 10 & 0x000F_000F_000F_000F
        digits = tens | (twos &- tens &* 10) << 8
    }

    /// In ASCII.
    @inline(__always)
    var text: UInt64 { digits | 0x3030_3030_3030_3030 }

    /// How many zeros stand behind the last digit that counts; of 0, all.
    @inline(__always)
    var trailingZeros: Int { digits.leadingZeroBitCount / 8 }

    /// How many zeros stand before the first digit that counts; of 0, all but one.
    @inline(__always)
    var leadingZeros: Int { (digits | 1 << 56).trailingZeroBitCount / 8 }
}
