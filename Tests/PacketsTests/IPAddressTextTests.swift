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

    @Test("is appended to what is there")
    func append() {
        var buffer = Array("host=".utf8)
        IPAddress(v4: 0x7f00_0001).append(to: &buffer)
        #expect(String(decoding: buffer, as: UTF8.self) == "host=127.0.0.1")
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
