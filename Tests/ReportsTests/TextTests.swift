import EventTime
import Flows
import Foundation
import HostStatistics
import Packets
import Testing

@testable import Reports

@Suite("A time as text")
struct TimeTextTests {
    static func text(_ time: Nanoseconds) -> String {
        String(atMost: TimeText.longest) { TimeText.store(time, at: &$0) }
    }

    static let cases: [(time: Nanoseconds, text: String)] = [
        (0, "1970-01-01T00:00:00Z"),
        (start, "2023-11-14T22:13:20Z"),
        // Of a fraction, 3, 6 or 9 digits, as many as it takes.
        (start + 500_000_000, "2023-11-14T22:13:20.500Z"),
        (start + 1_000, "2023-11-14T22:13:20.000001Z"),
        (start + 123_400_000, "2023-11-14T22:13:20.123400Z"),
        (start + 1, "2023-11-14T22:13:20.000000001Z"),
        // Before 1970 the second is the one below, and the fraction still counts up.
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (-1_500_000_000, "1969-12-31T23:59:58.500Z"),
        (-2_208_988_800 * .second, "1900-01-01T00:00:00Z"),
        // 2000 was a leap year, 2100 will be none.
        (951_782_400 * .second, "2000-02-29T00:00:00Z"),
        (4_107_542_400 * .second, "2100-03-01T00:00:00Z"),
        (4_107_542_400 * .second - 1, "2100-02-28T23:59:59.999999999Z"),
        // No clock change: the hour that many zones skip.
        (1_711_847_700 * .second, "2024-03-31T01:15:00Z"),
        (.max, "2262-04-11T23:47:16.854775807Z"),
        (.min, "1677-09-21T00:12:43.145224192Z"),
    ]

    @Test("is RFC 3339 in UTC", arguments: cases)
    func rfc3339(time: Nanoseconds, text: String) { #expect(Self.text(time) == text) }

    @Test("is what it was taken for when a row says it again")
    func known() {
        for (time, text) in Self.cases {
            let known = KnownTime(time)
            #expect(String(atMost: 32) { $0.store(known.text, count: known.count) } == text)
        }
    }

    @Test("agrees with another calendar on every day of 600 years")
    func everyDay() throws {
        var calendar = Calendar(identifier: .gregorian)
        calendar.timeZone = try #require(TimeZone(secondsFromGMT: 0))
        // In steps of 11 days and some hours, so that all months and leap days are met.
        for day in stride(from: Int64(-106_000), to: 106_000, by: 11) {
            let seconds = day * 86_400 + (day & 0xFFFF)
            let parts = calendar.dateComponents(
                [.year, .month, .day, .hour, .minute, .second],
                from: Date(timeIntervalSince1970: Double(seconds)))
            let time = CalendarTime(seconds * .second)
            #expect(
                [time.year, time.month, time.day, time.hour, time.minute, time.second]
                    == [parts.year, parts.month, parts.day, parts.hour, parts.minute, parts.second])
        }
    }

    @Test(
        "of a span is a number of seconds without needless digits",
        arguments: [
            (Nanoseconds(0), "0"), (1_500_000_000, "1.5"), (10 * .second, "10"), (1, "0.000000001"),
            (-250_000_000, "-0.25"), (.max, "9223372036.854775807"), (.min, "-9223372036.854775808"),
        ])
    func seconds(span: Nanoseconds, expected: String) {
        #expect(String(atMost: SecondsText.longest) { SecondsText.store(span, at: &$0) } == expected)
    }
}

@Suite("Numbers for people")
struct HumanUnitsTests {
    static let sizes: [(number: UInt64, text: String)] = [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1049, "1.0 kB"), (1050, "1.1 kB"),
        (9_949, "9.9 kB"), (99_949, "99.9 kB"), (99_950, "100 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"),
        (1_234_567, "1.2 MB"), (8_123_456_789, "8.1 GB"), (999_950_000_000, "1.0 TB"), (.max, "18.4 EB"),
    ]

    @Test("have two or three digits and a unit of thousands", arguments: sizes)
    func bytes(number: UInt64, text: String) { #expect(HumanUnits.bytes(number) == text) }

    @Test("count without a unit")
    func counts() {
        #expect(HumanUnits.count(7) == "7")
        #expect(HumanUnits.count(3_400) == "3.4 k")
        #expect(HumanUnits.grouped(0) == "0")
        #expect(HumanUnits.grouped(123) == "123")
        #expect(HumanUnits.grouped(1_234_567) == "1,234,567")
    }

    static let rates: [(bytes: UInt64, span: Nanoseconds, text: String)] = [
        (8_100_000, 10 * .second, "6.5 Mbit/s"), (1, 500_000_000, "16 bit/s"),
        (0, .second, "0 bit/s"), (1, 0, "–"), (.max, 1, "18.4 Ebit/s"), (.max, .max, "16.0 Gbit/s"),
    ]

    @Test("say bits a second of bytes in a time", arguments: rates)
    func rate(bytes: UInt64, span: Nanoseconds, text: String) {
        #expect(HumanUnits.bitRate(bytes: bytes, in: span) == text)
    }

    static let durations: [(span: Nanoseconds, text: String)] = [
        (0, "0 s"), (999, "999 ns"), (1_500, "1.5 µs"), (250_000_000, "250 ms"),
        (1_500_000_000, "1.5 s"), (59_999_999_999, "59.9 s"), (60 * .second, "1 min"),
        (1_812 * .second, "30 min 12 s"), (3_600 * .second, "1 h"), (97_200 * .second, "1 d 3 h"),
        (86_405 * .second, "1 d"), (-2 * .second, "-2 s"), (.max, "106,751 d 23 h"), (.min, "-106,751 d 23 h"),
    ]

    @Test("say spans of time in their two largest units", arguments: durations)
    func duration(span: Nanoseconds, text: String) { #expect(HumanUnits.duration(span) == text) }
}

@Suite("A number in decimal digits")
struct DecimalTests {
    static func text(_ number: UInt64) -> String { String(atMost: 20) { $0.store(decimal: number) } }

    @Test("has the digits of its parts of four, whatever they are")
    func allParts() {
        // Each half of eight digits is worked out by itself, and has only so many values.
        for part in 0..<10_000 as Range<UInt64> {
            for number in [part, part * 10_000, part * 10_001] where Self.text(number) != String(number) {
                Issue.record("\(number)")
            }
        }
    }

    @Test("has every length")
    func lengths() {
        var numbers: [UInt64] = [0, .max]
        var power: UInt64 = 1
        for _ in 0..<20 {
            numbers += [power - 1, power, power + 1, power &+ power / 2]
            power = power.multipliedReportingOverflow(by: 10).partialValue
        }
        for number in numbers { #expect(Self.text(number) == String(number)) }
    }

    @Test("is the number's, for any number of any magnitude")
    func random() {
        var generator = Generator(state: 10)
        for _ in 0..<20_000 {
            let number = generator.count()
            if Self.text(number) != String(number) { Issue.record("\(number)") }
        }
    }

    @Test("can have leading zeros")
    func padded() {
        for digits in 1...8 {
            let text = String(atMost: 8) { $0.store(7, digits: digits) }
            #expect(text == String(repeating: "0", count: digits - 1) + "7")
        }
    }
}

@Suite("A buffer of text")
struct TextBufferTests {
    @Test("grows, keeping what it holds")
    func growth() {
        var buffer = TextBuffer(capacity: 1)
        var expected = ""
        for number in 0..<1000 as Range<UInt64> {
            buffer.append("\(number),")
            buffer.append(UInt8(ascii: ";"))
            buffer.append("word" as StaticString)
            buffer.append(atMost: 24) { text in
                text.store(decimal: number)
                text.store(word: "AB")
            }
            expected += "\(number),;word\(number)AB"
        }
        #expect(String(decoding: buffer.bytes, as: UTF8.self) == expected)
        buffer.removeAll()
        #expect(buffer.count == 0)
    }
}

@Suite("A line's room")
struct LineRoomTests {
    @Test("is enough for the longest values there are")
    func longest() throws {
        let address = IPAddress(high: .max, low: .max)
        var host = host(.address(address))
        host.packetsSent = .max
        host.packetsReceived = .max
        host.bytesSent = .max
        host.bytesReceived = .max
        host.wireBytesSent = .max
        host.wireBytesReceived = .max
        host.flows = .max
        host.flowsStarted = .max
        host.peers = .max
        let window = report([], start: .max - 1, length: 1, revision: .max, isComplete: false) { totals in
            totals.packets = .max
            totals.ipPackets = .max
            totals.nonIPPackets = .max
            totals.malformedPackets = .max
            totals.latePackets = .max
            totals.droppedPackets = .max
            totals.gap = .min
            totals.bytes = .max
            totals.wireBytes = .max
            totals.hosts = .max
            totals.flows = .max
        }
        let record = flow { flow in
            flow.start = .min
            flow.end = .max
            flow.source = address
            flow.destination = address
            flow.sourcePort = .max
            flow.destinationPort = .max
            flow.sourcePackets = .max
            flow.destinationPackets = .max
            flow.sourceBytes = .max
            flow.destinationBytes = .max
            flow.sourceWireBytes = .max
            flow.destinationWireBytes = .max
            flow.sourceTCPFlags = .max
            flow.destinationTCPFlags = .max
            flow.endReason = .evicted
        }
        // A buffer traps where a text is longer than was said; here it also has no byte to spare.
        #expect(try Self.length(HostLine(window, host: host)) > 400)
        #expect(try Self.length(TotalsLine(window)) > 400)
        #expect(try Self.length(record) > 500)
    }

    private static func length<Row: ReportRow>(_ row: Row) throws -> Int {
        var room = LineRoom()
        row.showColumns(to: &room)
        var longest = 0
        for format in [OutputFormat.jsonl, .csv, .tsv] {
            var encoder = RowEncoder<Row>(format, capacity: 1)
            encoder.append(row)
            #expect(encoder.text.count <= room.longest)
            longest = max(longest, encoder.text.count)
        }
        return longest
    }
}
