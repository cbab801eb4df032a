import EventTime
import Testing

@testable import Reports

@Suite("The progress bar")
struct ProgressBarTests {
    static let progress = Progress(
        bytes: 1_200_000_000, totalBytes: 2_900_000_000, packets: 28_000_000, eventTime: start + 123_456_789)

    static func line(_ progress: Progress = progress, width: Int = 120, colour: Bool = false) -> String {
        ProgressBar.render(
            progress, packetsPerSecond: 3_100_000, elapsed: 9 * .second, width: width,
            paint: Paint(isOn: colour))
    }

    @Test(
        "says how far, how fast, where and how long yet, as much as fits",
        arguments: [
            (
                99,
                " 41 %  ━━━━━━━━━━────────────────  1.2 GB of 2.9 GB  3.1 M packets/s  2023-11-14 22:13:20  ETA 13 s"
            ),
            (72, " 41 %  1.2 GB of 2.9 GB  3.1 M packets/s  2023-11-14 22:13:20  ETA 13 s"),
            (64, " 41 %  ━━━━────────  1.2 GB of 2.9 GB  3.1 M packets/s  ETA 13 s"),
            (35, " 41 %  3.1 M packets/s  ETA 13 s"),
            (5, " 41 %"),
        ])
    func widths(width: Int, expected: String) { #expect(Self.line(width: width) == expected) }

    @Test("never is wider than asked", arguments: 5...130)
    func neverWider(width: Int) { #expect(Self.line(width: width).count <= width) }

    @Test("has no end in sight where the size is not known")
    func noTotal() {
        var progress = Self.progress
        progress.totalBytes = nil
        #expect(Self.line(progress) == "1.2 GB  3.1 M packets/s  2023-11-14 22:13:20")
        progress.eventTime = nil
        #expect(Self.line(progress) == "1.2 GB  3.1 M packets/s")
    }

    @Test("is at most full, for a capture that still grows")
    func growing() {
        var progress = Self.progress
        progress.bytes = 3_000_000_000
        #expect(Self.line(progress, width: 64).hasPrefix("100 %  ━━━━━━━━━━"))
        progress.totalBytes = 0
        #expect(!Self.line(progress).contains("%"))
    }

    @Test("is coloured on request")
    func colour() { #expect(Self.line(colour: true).contains("\u{1B}[36m━━━━━━━━━━")) }

    @Test("is drawn ten times a second at most, and wiped where it was drawn")
    func pace() {
        var bar = ProgressBar(width: 80, usesColour: false, now: 0)
        let nothing = bar.update(Self.progress, now: 99_999_999)
        #expect(nothing == nil)
        let early = bar.erase()
        #expect(early == nil)
        let first = bar.update(Self.progress, now: 100_000_000)
        #expect(first?.hasPrefix("\r 41 %") == true)
        #expect(first?.hasSuffix("\u{1B}[K") == true)
        let tooSoon = bar.update(Self.progress, now: 199_999_999)
        #expect(tooSoon == nil)
        let next = bar.update(Self.progress, now: 200_000_000)
        #expect(next != nil)
        let erasure = bar.erase()
        #expect(erasure == "\r\u{1B}[K")
    }

    @Test("follows the pace of packets, smoothly")
    func rate() {
        var bar = ProgressBar(width: 80, usesColour: false, now: 0)
        var progress = Progress(bytes: 0, totalBytes: nil, packets: 1000, eventTime: nil)
        var line: String?
        line = bar.update(progress, now: .second)
        #expect(line?.contains("1.0 k packets/s") == true)

        // 3000 in the next second: seven parts of the old pace and three of the new.
        progress.packets = 4000
        line = bar.update(progress, now: 2 * .second)
        #expect(line?.contains("1.6 k packets/s") == true)

        progress.packets = 0
        line = bar.update(progress, now: 3 * .second)
        #expect(line?.contains("packets/s") == true)

    }
}
