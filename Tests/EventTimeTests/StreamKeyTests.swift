import EventTime
import TestSupport
import Testing

@Suite("Strings as keys")
struct StreamKeyTests {
    /// Each a few spellings of one text.
    static let equals: [[String]] = [
        ["\u{E9}", "e\u{301}"], ["\u{1E9B}\u{323}", "\u{17F}\u{323}\u{307}"], ["\u{AC00}", "\u{1100}\u{1161}"],
        ["a\u{323}\u{307}", "a\u{307}\u{323}", "\u{1EA1}\u{307}", "\u{227}\u{323}"],
        ["\u{212B}", "\u{C5}", "A\u{30A}"],
        ["plain"], ["", String("x".dropFirst())],
    ]

    @Test("have one hash where they are equal, however they are spelled", arguments: equals)
    func spellings(_ texts: [String]) {
        for text in texts {
            #expect(text == texts[0] && text.stableHash == texts[0].stableHash)
            #expect(!(text < texts[0]) && !(texts[0] < text))
        }
    }

    @Test("have the hashes that checkpoints were written with")
    func stable() {
        #expect(("web-7".stableHash, "".stableHash) == (Self.web7, 0xE703_7ED1_A0B4_28DB))
        #expect(Set(Self.equals.map { $0[0].stableHash }).count == Self.equals.count)
    }

    private static let web7: UInt64 = "web-7".utf8.reduce(0xE703_7ED1_A0B4_28DB) {
        foldedProduct($0 ^ UInt64($1), 0x8EBC_6AF0_9C88_C6E3)
    }

    @Test("are one key to any number of workers, and to a map of a key", arguments: [1, 2, 3, 8])
    func workers(_ workers: Int) throws {
        let words = (0..<60).map { number in Self.equals[number % 5][number / 5 % 2] }
        let counted = try words.enumerated().map { (time: Nanoseconds($0.offset), word: $0.element) }
            .stream(at: \.time, watermarks: .monotonous())
            .keyed(by: \.word)
            .window(.tumbling(1000), aggregate: Count())
            .map { "\($0.key.unicodeScalars.map(\.value)): \($0.result)" }
            .collect(.init(workers: workers, turnSize: 7))
        // Each under its first spelling, in the order of the texts.
        let expected = (0..<5).map { Self.equals[$0][0] }.sorted().map { "\($0.unicodeScalars.map(\.value)): 12" }
        #expect(counted.map(\.value) == expected)

        var counts = ItemCounts<String>()
        for word in words { counts.add(word) }
        #expect(counts.count == 5)
    }
}
