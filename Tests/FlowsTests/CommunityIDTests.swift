import Packets
import TestSupport
import Testing

@testable import Flows

@Suite("A Community ID")
struct CommunityIDTests {
    /// Source, its port, destination, its port, protocol, and what the reference implementation (`communityid` of
    /// PyPI, version 1.5, seed 0) says. For ICMP the ports are the message's type and code.
    static let cases: [(String, UInt16, String, UInt16, UInt8, String)] = [
        ("10.0.0.1", 40000, "10.0.0.2", 80, 6, "1:3k1SoWXs/FltHw2aBCgUTgbDQF4="),
        ("10.0.0.2", 80, "10.0.0.1", 40000, 6, "1:3k1SoWXs/FltHw2aBCgUTgbDQF4="),
        ("192.168.1.5", 1000, "192.168.1.5", 2000, 6, "1:3xcvkAjknC0HxTfWXFwVLsmGmzY="),
        ("192.168.1.5", 2000, "192.168.1.5", 1000, 6, "1:3xcvkAjknC0HxTfWXFwVLsmGmzY="),
        ("192.168.1.52", 54585, "8.8.8.8", 53, 17, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
        ("fe80::1", 5353, "ff02::fb", 5353, 17, "1:vmVnlzQ4g6ZsPY2VX/lJfRJMmHo="),
        ("2001:db8::ffff", 5000, "2001:db8::1", 53, 17, "1:iBiinSZPwMtjsL8NxuwPaFWejH4="),
        (
            "2001:470:e5bf:dead:4957:2174:e82c:4887", 63943, "2607:f8b0:400c:c03::1a", 25, 6,
            "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4="
        ),
        ("192.168.170.8", 7, "192.168.170.56", 80, 132, "1:jQgCxbku+pNGw8WPbEc/TS/uTpQ="),
        ("2001:db8::1", 3000, "2001:db8::2", 36412, 132, "1:jDiQd4byt6N84I2OaVjWLPRcQkg="),
        ("192.168.0.89", 8, "192.168.0.1", 0, 1, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
        ("192.168.0.1", 0, "192.168.0.89", 0, 1, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="),
        ("10.0.0.9", 3, "10.0.0.1", 3, 1, "1:9mDWAIBS64NSNqk/GzztebxIxzo="),
        ("10.0.0.1", 3, "10.0.0.9", 3, 1, "1:w882x3RHb4emwW2S/ht/gauEGVc="),
        ("10.0.0.9", 11, "10.0.0.1", 0, 1, "1:oFLj5mYMjxTDpzNKh2pHbIrmABs="),
        ("10.0.0.9", 5, "10.0.0.1", 1, 1, "1:eqxZOlz5tO3A68MYrS5eo2F0nWg="),
        ("10.0.0.1", 13, "10.0.0.9", 0, 1, "1:qmAUAzKzq8xiJFNi/eYh7jRLKMU="),
        ("10.0.0.9", 14, "10.0.0.1", 0, 1, "1:qmAUAzKzq8xiJFNi/eYh7jRLKMU="),
        ("10.0.0.9", 15, "10.0.0.1", 0, 1, "1:WFW8SfDH6oUOQ2FpYOWRCVCmm+0="),
        ("10.0.0.9", 17, "10.0.0.1", 0, 1, "1:07Pww4r3jZhE3xnx/2xJNqSjKjE="),
        ("10.0.0.1", 10, "10.0.0.9", 0, 1, "1:zlEJygPtJSsv5BJTcHIXT09Jb0E="),
        ("10.0.0.9", 9, "224.0.0.1", 16, 1, "1:aKGqmmD05208l3yuRg5elOJJMIA="),
        ("fe80::200:86ff:fe05:80da", 135, "fe80::260:97ff:fe07:69ea", 0, 58, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="),
        ("fe80::260:97ff:fe07:69ea", 136, "fe80::200:86ff:fe05:80da", 0, 58, "1:dGHyGvjMfljg6Bppwm3bg0LO8TY="),
        ("fe80::1", 128, "fe80::2", 0, 58, "1:3H+V/JVcqh/phPel5utt4dOKqOU="),
        ("2001:db8::1", 129, "2001:db8::2", 0, 58, "1:YDcnf7YthUKAbDNo6Cs3rX4jq4w="),
        ("2001:db8::2", 1, "2001:db8::1", 4, 58, "1:qxd1LeYGiZWewhdgFCEH4g39f1w="),
        ("fe80::9", 133, "ff02::2", 0, 58, "1:VYethw+dufLAkBhFWMfGLlYKNnU="),
        ("fe80::1", 134, "ff02::1", 0, 58, "1:Ilg4oMT5cEP8nHg384C0O3MLdD0="),
        ("fe80::9", 130, "fe80::1", 0, 58, "1:gUq0nM/I81HgYH1RpefC1NUtYiw="),
        ("fe80::9", 139, "fe80::1", 1, 58, "1:UzmGPClX9nuoWGbVlPHo+ksGJs8="),
        ("fe80::9", 144, "fe80::1", 0, 58, "1:+n+wXIbu+hYaDZSvKeb3zcjp7ds="),
        ("fe80::9", 143, "ff02::16", 0, 58, "1:yAJ/1qRWE+DiL7GkN+f0sRQLIco="),
    ]

    @Test("is that of the reference implementation, for a packet's flow", arguments: 0..<cases.count)
    func withPorts(number: Int) throws {
        let (source, sourcePort, destination, destinationPort, transport, expected) = Self.cases[number]
        let packet = DecodedPacket.ip(
            try #require(IPAddress(source)), sourcePort, try #require(IPAddress(destination)), destinationPort,
            transport: TransportProtocol(rawValue: transport))
        var driver = FlowTableDriver()
        driver.add(packet, at: 0)
        let records = driver.finish()
        #expect(records.map { "\($0.communityID)" } == [expected])
    }

    static let portless: [(String, String, UInt8, String)] = [
        ("10.1.24.4", "10.1.12.1", 46, "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4="),
        ("10.1.12.1", "10.1.24.4", 46, "1:/nQI4Rh/TtY3mf0R2gJFBkVlgS4="),
        ("192.168.1.1", "224.0.0.22", 2, "1:Gby5tDlLax6zU+6bB45GEx4ePeA="),
        ("2001:db8::1", "2001:db8::2", 47, "1:RgLHDf67jKnjcEaiCVvPAVCpfSc="),
        ("255.255.255.255", "0.0.0.0", 50, "1:RstirPbGn+QwSyL5pYPAvXPb28A="),
        ("10.0.0.1", "10.0.0.2", 136, "1:ZdbMY0WBLRrVCaZP2xDg5pf76hg="),
        ("10.0.0.2", "10.0.0.1", 33, "1:qKfrGVs14/VI2wLMVfhXXHfa6a0="),
    ]

    @Test("leaves the ports out where the transport has none", arguments: 0..<portless.count)
    func withoutPorts(number: Int) throws {
        let (source, destination, transport, expected) = Self.portless[number]
        let identifier = CommunityID(
            source: try #require(IPAddress(source)), sourcePort: 0,
            destination: try #require(IPAddress(destination)),
            destinationPort: 0, transport: transport, hasPorts: false)
        #expect("\(identifier)" == expected)
    }

    @Test(
        "stands on SHA-1",
        arguments: [
            ("", [0xDA39_A3EE, 0x5E6B_4B0D, 0x3255_BFEF, 0x9560_1890, 0xAFD8_0709]),
            // RFC 3174, section 7.3.
            ("abc", [0xA999_3E36, 0x4706_816A, 0xBA3E_2571, 0x7850_C26C, 0x9CD0_D89D]),
        ] as [(String, [UInt32])])
    func secureHash(message: String, words: [UInt32]) {
        let digest = digest(Array(message.utf8))
        #expect((0..<8).map { digest[$0] } == words + [0, 0, 0])
    }

    @Test("stands on SHA-1 of the longest message that is one block")
    func longestMessage() {
        #expect(digest([UInt8](repeating: UInt8(ascii: "a"), count: sha1ShortMessage))[0] == 0xC1C8_BBDC)
    }

    private func digest(_ message: [UInt8]) -> SHA1Digest {
        var block = message + [UInt8](repeating: 0, count: 64 - message.count)
        return block.withUnsafeMutableBytes { sha1($0, count: message.count) }
    }
}
