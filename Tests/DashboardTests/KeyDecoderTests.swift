import Testing

@testable import Dashboard

@Suite("Keys")
struct KeyDecoderTests {
    static let keys: [(bytes: String, key: Key)] = [
        ("q", .character("q")), ("/", .character("/")), ("\r", .enter), ("\n", .enter), ("\t", .tab),
        ("\u{7F}", .backspace), ("\u{8}", .backspace), ("\u{15}", .clearLine), ("\u{C}", .redraw),
        ("\u{1B}[A", .up), ("\u{1B}OB", .down), ("\u{1B}[5~", .pageUp), ("\u{1B}[6~", .pageDown),
        ("\u{1B}[H", .home), ("\u{1B}[4~", .end), ("\u{1B}OP", .function(1)), ("\u{1B}[[A", .function(1)),
        ("\u{1B}[17~", .function(6)), ("\u{1B}[21~", .function(10)),
    ]

    @Test("are read whole, and cut anywhere", arguments: keys)
    func known(bytes: String, key: Key) {
        let bytes = Array(bytes.utf8)
        for cut in 0...bytes.count {
            var decoder = KeyDecoder()
            var keys = decoder.decode(bytes[..<cut])
            keys += decoder.decode(bytes[cut...])
            #expect(keys == [key])
            #expect(!decoder.isWaiting)
        }
    }

    @Test("ESC is a key when nothing follows")
    func escape() {
        var decoder = KeyDecoder()
        #expect(decoder.decode([0x1B]) == [])
        #expect(decoder.isWaiting)
        #expect(decoder.flush() == [.escape])
        #expect(decoder.flush() == [])
        #expect(decoder.decode([0x1B, 0x1B]) == [.escape])
    }

    @Test(
        "that are not known are swallowed whole",
        arguments: ["\u{1B}[200~", "\u{1B}[1;5C", "\u{1B}x", "ä", "漢", "\u{1F600}", "\u{1B}[<0;10;10M", "\u{1}"])
    func unknown(bytes: String) {
        var decoder = KeyDecoder()
        #expect(decoder.decode(Array(bytes.utf8)) == [])
        #expect(decoder.decode([UInt8(ascii: "q")]) == [.character("q")])
    }

    @Test("endless sequences end")
    func endless() {
        var decoder = KeyDecoder()
        _ = decoder.decode([0x1B, UInt8(ascii: "[")] + Array(repeating: UInt8(ascii: "1"), count: 40))
        #expect(decoder.decode([UInt8(ascii: "q")]) == [.character("q")])
    }
}
