// IPv6 text: RFC 5952, section 4, but always in groups of hexadecimal digits, also for addresses that hold an
// IPv4 address.

extension IPAddress {
    /// Bytes to have room for where ``storeText(at:)`` is to store: more than the 39 of the longest text, since
    /// groups are stored eight bytes at a time.
    public static let textRoom = 48

    /// Stores the address's text, in ASCII: `192.0.2.1`, `2001:db8::1`. Returns how many bytes it has; what follows
    /// them, up to ``textRoom`` bytes from `start`, may be overwritten as well. Allocates nothing, and takes no branch
    /// by a digit, which would be foreseen in few addresses.
    @unsafe public func storeText(at start: UnsafeMutableRawPointer) -> Int {
        switch family {
        case .v4: unsafe storeDotted(at: start)
        case .v6: unsafe storeGroups(at: start)
        }
    }

    @unsafe private func storeDotted(at start: UnsafeMutableRawPointer) -> Int {
        let texts = unsafe Self.octetTexts
        var count = 0
        var shift: UInt64 = 32
        while shift > 0 {
            shift -= 8
            let octet = Int(truncatingIfNeeded: low &>> shift) & 0xff
            unsafe start.storeBytes(of: texts[octet], toByteOffset: count, as: UInt32.self)
            count += 2 + (octet > 9 ? 1 : 0) + (octet > 99 ? 1 : 0)
        }
        return count - 1
    }

    /// The decimal digits of each octet and a dot behind them, as four bytes in memory. Written once, and never given back.
    @unsafe nonisolated(unsafe) private static let octetTexts: UnsafePointer<UInt32> = {
        let texts = UnsafeMutablePointer<UInt32>.allocate(capacity: 256)
        for octet in 0..<256 {
            let bytes = Array("\(octet).".utf8) + [0, 0]
            let text = bytes.prefix(4).reversed().reduce(UInt32.zero) { $0 << 8 | UInt32($1) }
            unsafe (texts + octet).initialize(to: text.littleEndian)
        }
        return unsafe UnsafePointer(texts)
    }()

    @unsafe private func storeGroups(at start: UnsafeMutableRawPointer) -> Int {
        let zeros = longestZeroRun()
        let colon = UInt8(ascii: ":")
        var count = 0
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound {
                // The group before has put down the first of the two colons.
                unsafe start.storeBytes(of: colon, toByteOffset: count, as: UInt8.self)
                count += index == 0 ? 1 : 0
                unsafe start.storeBytes(of: colon, toByteOffset: count, as: UInt8.self)
                count += 1
                index = zeros.upperBound
                continue
            }
            let group = group(index)
            let leading = min(group.leadingZeroBitCount / 4, 3)
            let text = Self.hexadecimal(group) | UInt64(colon) << 32
            unsafe start.storeBytes(
                of: (text &>> UInt64(8 * leading)).littleEndian, toByteOffset: count, as: UInt64.self)
            count += 5 - leading
            index += 1
        }
        return zeros.upperBound == 8 && !zeros.isEmpty ? count : count - 1
    }

    /// The group of 16 bits at `index`, 0 being the leftmost.
    private func group(_ index: Int) -> UInt16 {
        let half = index < 4 ? high : low
        return UInt16(truncatingIfNeeded: half &>> UInt64(48 - 16 * (index & 3)))
    }

    /// The first of the longest runs of zero groups, empty at 8 where no run has two.
    private func longestZeroRun() -> Range<Int> {
        // A bit for each group that begins a run of `length` zero groups: with each step, of one group more.
        var starts: UInt8 = 0
        for index in 0..<8 where group(index) == 0 { starts |= 1 &<< UInt8(index) }
        var length = 1
        while starts & starts >> 1 != 0 {
            starts &= starts >> 1
            length += 1
        }
        guard length > 1 else { return 8..<8 }
        let first = starts.trailingZeroBitCount
        return first..<first + length
    }

    /// Four hexadecimal digits in ASCII, the first of them in the lowest byte.
    private static func hexadecimal(_ group: UInt16) -> UInt64 {
        let value = UInt32(group)
        let digits = value >> 12 | value & 0xf00 | value << 12 & 0xf_0000 | value << 24 & 0xf00_0000
        let areLetters = (digits &+ 0x0606_0606) >> 4 & 0x0101_0101
        return UInt64(digits &+ 0x3030_3030 &+ areLetters &* 39)
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        unsafe String(unsafeUninitializedCapacity: Self.textRoom) { buffer in
            guard let start = buffer.baseAddress else { return 0 }
            return unsafe storeText(at: start)
        }
    }
}

extension IPAddress: LosslessStringConvertible {
    /// Reads an IPv4 address of four decimal numbers without leading zeros, or an IPv6 address in any of the
    /// forms of RFC 4291, section 2.2; `nil` for anything else (names, zones, prefixes).
    public init?(_ text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            self.init(groups: text)
        } else {
            guard let number = Self.dotted(text[...]) else { return nil }
            self.init(v4: number)
        }
    }

    private static func dotted(_ text: Substring) -> UInt32? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var number: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.utf8.count), part.utf8.allSatisfy({ (48...57).contains($0) }),
                part.utf8.count == 1 || part.first != "0", let byte = UInt8(part)
            else { return nil }
            number = number << 8 | UInt32(byte)
        }
        return number
    }

    private init?(groups text: String) {
        var values: [UInt16] = []
        var gap: Int?
        var parts = text.split(separator: ":", omittingEmptySubsequences: false)
        // A "::" at either end leaves two empty parts there, in the middle one.
        if parts.first == "" {
            guard parts.count > 2, parts[1] == "" else { return nil }
            parts.removeFirst()
        }
        if parts.last == "" {
            guard parts.count > 1, parts[parts.count - 2] == "" else { return nil }
            parts.removeLast()
        }
        for (index, part) in parts.enumerated() {
            if part == "" {
                guard gap == nil else { return nil }
                gap = values.count
            } else if index == parts.count - 1, part.contains(".") {
                guard let number = Self.dotted(part) else { return nil }
                values.append(UInt16(number >> 16))
                values.append(UInt16(number & 0xffff))
            } else {
                guard part.utf8.count <= 4, part.utf8.allSatisfy({ $0 != 43 && $0 != 45 }),
                    let value = UInt16(part, radix: 16)
                else { return nil }
                values.append(value)
            }
        }
        if let gap {
            guard values.count < 8 else { return nil }
            values.insert(contentsOf: repeatElement(0, count: 8 - values.count), at: gap)
        }
        guard values.count == 8 else { return nil }
        let high = values[..<4].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        let low = values[4...].reduce(UInt64(0)) { $0 << 16 | UInt64($1) }
        self.init(high: high, low: low)
    }
}
