import Glibc
import Packets
import Testing

@Suite("The text of an address")
struct IPAddressTextTests {
    static let canonical = [
        "0.0.0.0", "1.2.3.4", "10.0.100.9", "255.255.255.255",
        "::", "::1", "1::", "2001:db8::1", "2001:db8:0:1:1:1:1:1", "2001:0:0:1::1", "2001:db8::1:0:0:1",
        "fe80::200:ff:fe00:1", "::ffff:102:304", "1:2:3:4:5:6:7:8", "0:1:2:3:4:5:6:7", "1:2:3:4:5:6:7:0",
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "64:ff9b::c000:201", "0:0:1::", "0:0:0:1::",
    ]

    @Test("is RFC 5952's, in groups of hexadecimal digits, and reads back", arguments: canonical)
    func canonicalText(text: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == text)
    }

    @Test("may be written in other ways")
    func otherForms() throws {
        #expect(IPAddress("::ffff:1.2.3.4")?.description == "::ffff:102:304")
        #expect(IPAddress("2001:0DB8:0:0:0:0:0:1")?.description == "2001:db8::1")
        #expect(IPAddress("0:0:0:0:0:0:0:0")?.description == "::")
        #expect(IPAddress("::1.2.3.4") == IPAddress(high: 0, low: 0x0102_0304))
        #expect(IPAddress("1.2.3.4") == IPAddress(v4: 0x0102_0304))
    }

    static let invalid = [
        "", ".", ":", ":::", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.4 ", "+1.2.3.4", "1:2:3:4:5:6:7",
        "1:2:3:4:5:6:7:8:9", "1::2::3", ":1::2", "1::2:", "12345::", "g::", "::1%eth0", "::1/64", "1.2.3.4::",
        "::1.2.3", "1:2:3:4:5:6:7::8:9", "-1::", "host",
    ]

    @Test("is refused where it is none", arguments: invalid)
    func refused(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test("is what the C library writes", arguments: [5952, 5953] as [UInt64])
    func likeTheLibrary(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for round in 0..<20_000 {
            let number = UInt32(truncatingIfNeeded: generator.next()) & (round % 3 == 0 ? 0x0f7f_630a : .max)
            let dotted = IPAddress(v4: number)
            if dotted.description != libraryText(dotted) { Issue.record("\(number), seed \(seed)") }
            // Groups are zero, or have leading zeros, more often than not; not the first, so that no address holds an
            // IPv4 one, which the library writes in another way.
            var groups = (0..<8).map { _ in generator.group() }
            groups[0] |= 0x2000
            let address = IPAddress(groups: groups)
            if address.description != libraryText(address) { Issue.record("\(groups), seed \(seed)") }
        }
    }

    @Test("has every group of digits and every octet there is")
    func everyPart() {
        for value in 0...UInt16.max {
            let text = IPAddress(groups: [0x2001, value, 1, 2, 3, 4, 5, 6]).description
            if text != "2001:\(String(value, radix: 16)):1:2:3:4:5:6" { Issue.record("\(value)") }
        }
        for value in 0..<256 as Range<UInt32> {
            #expect(IPAddress(v4: value * 0x0101_0101).description == "\(value).\(value).\(value).\(value)")
        }
    }

    @Test("has every pattern of zero groups that there is")
    func everyRun() {
        for zeros in 0..<256 {
            let groups = (0..<8).map { zeros >> $0 & 1 == 1 ? 0 : UInt16(0x100 + $0) }
            let address = IPAddress(groups: groups)
            #expect(address.description == shortened(groups))
            #expect(IPAddress(address.description) == address)
        }
    }

    @Test("stays in its room")
    func room() {
        let addresses = [
            IPAddress(v4: .max), IPAddress(v4: 0), IPAddress(high: .max, low: .max), IPAddress(high: 0, low: 0),
            IPAddress(high: .max, low: 0), IPAddress(high: 0, low: .max),
        ]
        for address in addresses {
            var bytes = [UInt8](repeating: 0xee, count: IPAddress.textRoom + 16)
            let count = bytes.withUnsafeMutableBytes { buffer -> Int in
                guard let start = buffer.baseAddress else { return 0 }
                return address.storeText(at: start)
            }
            #expect(String(decoding: bytes[..<count], as: UTF8.self) == address.description)
            #expect(bytes[IPAddress.textRoom...].allSatisfy { $0 == 0xee })
        }
    }

    @Test("reads back for any address")
    func roundTrip() {
        var generator = SeededGenerator(seed: 5952)
        for _ in 0..<2000 {
            // The masks make runs of zeros likely.
            let masks = (generator.next() & generator.next(), generator.next() & generator.next())
            let address = IPAddress(
                high: generator.next() & masks.0 & 0xffff_0000_ffff_00ff,
                low: generator.next() & masks.1 & 0xffff_0000_0000_00ff)
            #expect(IPAddress(address.description) == address, "\(address)")
        }
    }
}

extension IPAddress {
    fileprivate init(groups: [UInt16]) {
        self.init(
            high: groups[..<4].reduce(0) { $0 << 16 | UInt64($1) },
            low: groups[4...].reduce(0) { $0 << 16 | UInt64($1) })
    }
}

extension SeededGenerator {
    /// A group of 16 bits: half of them zero, a quarter of fewer digits than four.
    fileprivate mutating func group() -> UInt16 {
        let bits = next()
        let value = UInt16(truncatingIfNeeded: bits >> 32)
        switch bits & 3 {
        case 0, 1: return 0
        case 2: return value >> UInt16(bits >> 8 & 15)
        default: return value
        }
    }
}

/// What inet_ntop(3) makes of an address.
private func libraryText(_ address: IPAddress) -> String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    if address.family == .v4 {
        var number = UInt32(truncatingIfNeeded: address.low).bigEndian
        _ = inet_ntop(AF_INET, &number, &text, socklen_t(text.count))
    } else {
        var halves = [address.high.bigEndian, address.low.bigEndian]
        _ = inet_ntop(AF_INET6, &halves, &text, socklen_t(text.count))
    }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// RFC 5952, section 4.2, word by word.
private func shortened(_ groups: [UInt16]) -> String {
    var best = 0..<0
    for start in 0..<8 {
        for end in start...8 where end - start > max(best.count, 1) && groups[start..<end].allSatisfy({ $0 == 0 }) {
            best = start..<end
        }
    }
    let text = { (part: ArraySlice<UInt16>) in part.map { String($0, radix: 16) }.joined(separator: ":") }
    if best.isEmpty { return text(groups[...]) }
    return text(groups[..<best.lowerBound]) + "::" + text(groups[best.upperBound...])
}
