// IPv6 text: RFC 5952, section 4, but always in groups of hexadecimal digits, also for addresses that hold an
// IPv4 address.

extension IPAddress {
    /// Appends the address's text, in ASCII: `192.0.2.1`, `2001:db8::1`. Allocates only what the buffer
    /// needs to grow, at most 39 bytes.
    public func append(to buffer: inout [UInt8]) {
        switch family {
        case .v4: appendDotted(to: &buffer)
        case .v6: appendGroups(to: &buffer)
        }
    }

    private func appendDotted(to buffer: inout [UInt8]) {
        for shift in stride(from: UInt64(24), through: 0, by: -8) {
            let value = UInt8(truncatingIfNeeded: low >> shift)
            if value >= 100 { buffer.append(UInt8(ascii: "0") + value / 100) }
            if value >= 10 { buffer.append(UInt8(ascii: "0") + value / 10 % 10) }
            buffer.append(UInt8(ascii: "0") + value % 10)
            if shift > 0 { buffer.append(UInt8(ascii: ".")) }
        }
    }

    private func appendGroups(to buffer: inout [UInt8]) {
        let zeros = longestZeroRun()
        var index = 0
        while index < 8 {
            if index == zeros.lowerBound && !zeros.isEmpty {
                buffer.append(UInt8(ascii: ":"))
                buffer.append(UInt8(ascii: ":"))
                index = zeros.upperBound
                continue
            }
            if index > 0 && index != zeros.upperBound { buffer.append(UInt8(ascii: ":")) }
            Self.appendHexadecimal(group(index), to: &buffer)
            index += 1
        }
    }

    /// The group of 16 bits at `index`, 0 being the leftmost.
    private func group(_ index: Int) -> UInt16 {
        let half = index < 4 ? high : low
        return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index & 3)))
    }

    /// The first of the longest runs of zero groups, empty at 8 where no run has two.
    private func longestZeroRun() -> Range<Int> {
        var best = 8..<8
        var start = 0
        for index in 0...8 where index == 8 || group(index) != 0 {
            if index - start > max(best.count, 1) { best = start..<index }
            start = index + 1
        }
        return best
    }

    private static func appendHexadecimal(_ value: UInt16, to buffer: inout [UInt8]) {
        var isLeading = true
        for shift in stride(from: UInt16(12), through: 0, by: -4) {
            let digit = UInt8(truncatingIfNeeded: value >> shift & 0xf)
            if isLeading && digit == 0 && shift > 0 { continue }
            isLeading = false
            buffer.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
}

extension IPAddress: CustomStringConvertible {
    public var description: String {
        var buffer: [UInt8] = []
        buffer.reserveCapacity(39)
        append(to: &buffer)
        return String(decoding: buffer, as: UTF8.self)
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
