import EventTime
import Flows
import HostStatistics
import Packets
import Testing

@testable import Reports

@Suite("The table of hosts")
struct HostTableTests {
    static let hosts = (1...12).map { host(.address(v4(10, 0, 0, UInt32($0))), scale: UInt64($0 * $0)) }
    static let longAddress = IPAddress(high: 0x2001_0DB8_0000_0001, low: 0xABCD_EF01_2345_6789)

    static func table(_ reports: [WindowReport], width: Int = 80, options: ReportOptions? = nil) throws -> String {
        let options = options ?? ReportOptions(terminal: Terminal(width: width))
        let text = try written(.hosts, .table, reports, options: options)
        let end = text.range(of: "Summary\n")?.lowerBound ?? text.endIndex
        return String(text[..<end])
    }

    @Test("shows a window's heading, its ten busiest hosts, and how many more there are")
    func golden() throws {
        let text = try Self.table([report(Self.hosts)])
        #expect(
            text == """
                2023-11-14 22:13:20 – 22:13:30 UTC  7.8 k packets · 2.2 MB · 12 hosts · 7 flows
                  HOST               BYTES     SENT  RECEIVED  PACKETS   FLOWS   PEERS
                  10.0.0.12         173 MB   490 kB    173 MB    3.0 k     576     288  ████████
                  10.0.0.11         146 MB   411 kB    145 MB    2.5 k     484     242  ██████▊
                  10.0.0.10         120 MB   340 kB    120 MB    2.1 k     400     200  █████▌
                  10.0.0.9         97.5 MB   275 kB   97.2 MB    1.7 k     324     162  ████▌
                  10.0.0.8         77.0 MB   218 kB   76.8 MB    1.3 k     256     128  ███▌
                  10.0.0.7         59.0 MB   167 kB   58.8 MB    1.0 k     196      98  ██▊
                  10.0.0.6         43.3 MB   122 kB   43.2 MB      756     144      72  ██
                  10.0.0.5         30.1 MB  85.0 kB   30.0 MB      525     100      50  █▍
                  10.0.0.4         19.3 MB  54.4 kB   19.2 MB      336      64      32  ▉
                  10.0.0.3         10.8 MB  30.6 kB   10.8 MB      189      36      18  ▌
                  … and 2 more hosts


                """)
    }

    @Test("has all columns where there is room")
    func wide() throws {
        let text = try Self.table([report(Self.hosts)], width: 110, options: nil)
        #expect(
            text == """
                2023-11-14 22:13:20 – 22:13:30 UTC  7.8 k packets · 2.2 MB · 12 hosts · 7 flows · 1.8 Mbit/s
                  HOST               BYTES     SENT  RECEIVED  PACKETS         RATE   FLOWS     NEW   PEERS
                  10.0.0.12         173 MB   490 kB    173 MB    3.0 k   139 Mbit/s     576     432     288  ████████████████
                  10.0.0.11         146 MB   411 kB    145 MB    2.5 k   116 Mbit/s     484     363     242  █████████████▌
                  10.0.0.10         120 MB   340 kB    120 MB    2.1 k  96.3 Mbit/s     400     300     200  ███████████▏
                  10.0.0.9         97.5 MB   275 kB   97.2 MB    1.7 k  78.0 Mbit/s     324     243     162  █████████
                  10.0.0.8         77.0 MB   218 kB   76.8 MB    1.3 k  61.6 Mbit/s     256     192     128  ███████▏
                  10.0.0.7         59.0 MB   167 kB   58.8 MB    1.0 k  47.2 Mbit/s     196     147      98  █████▌
                  10.0.0.6         43.3 MB   122 kB   43.2 MB      756  34.7 Mbit/s     144     108      72  ████
                  10.0.0.5         30.1 MB  85.0 kB   30.0 MB      525  24.1 Mbit/s     100      75      50  ██▊
                  10.0.0.4         19.3 MB  54.4 kB   19.2 MB      336  15.4 Mbit/s      64      48      32  █▊
                  10.0.0.3         10.8 MB  30.6 kB   10.8 MB      189   8.7 Mbit/s      36      27      18  █
                  … and 2 more hosts


                """)
    }

    @Test("keeps what matters where there is little room")
    func narrow() throws {
        let hosts = Array(Self.hosts.prefix(2)) + [host(.address(Self.longAddress), scale: 3), host(.other)]
        let text = try Self.table([report(hosts)], width: 50)
        #expect(
            text == """
                2023-11-14 22:13:20 – 22:13:30 UTC  110 packets
                  HOST                                BYTES
                  10.0.0.2                           4.8 MB  █████
                  2001:db8:0:1:abcd:ef01:2345:6789   3.6 MB  ███▊
                  10.0.0.1                           1.2 MB  █▎
                  other                              1.2 MB  █▎


                """)
    }

    @Test("marks windows that are incomplete or revised, and silences of any length in one line")
    func marks() throws {
        let lossy = report([Self.hosts[0]], isComplete: false) { totals in
            totals.droppedPackets = 1234
            totals.latePackets = 2
            totals.malformedPackets = 1
            totals.gap = 1_500_000_000
        }
        let muchLater = report([Self.hosts[0]], start: start + 40 * 86_400 * .second, isComplete: false)
        let revised = report([Self.hosts[1]], start: start, revision: 1)
        let text = try Self.table([lossy, muchLater, revised], width: 60)
        #expect(
            text == """
                2023-11-14 22:13:20 – 22:13:30 UTC  14 packets · 3.4 kB
                  ⚠ incomplete: 1.2 k dropped, 2 late, 1 malformed, 1.5 s not captured
                  HOST               BYTES     SENT  RECEIVED  PACKETS
                  10.0.0.1          1.2 MB   3.4 kB    1.2 MB       21  ████

                  ⋯ no packets for 39 d 23 h

                2023-12-24 22:13:20 – 22:13:30 UTC  14 packets · 3.4 kB
                  ⚠ incomplete
                  HOST               BYTES     SENT  RECEIVED  PACKETS
                  10.0.0.1          1.2 MB   3.4 kB    1.2 MB       21  ████

                2023-11-14 22:13:20 – 22:13:30 UTC  50 packets · 13.6 kB
                  ↻ revision 1: late packets were added
                  HOST               BYTES     SENT  RECEIVED  PACKETS
                  10.0.0.2          4.8 MB  13.6 kB    4.8 MB       84  ████


                """)
    }

    @Test("shows as many rows as asked, in the order asked")
    func options() throws {
        let options = ReportOptions(top: 2, sort: "host", terminal: Terminal(width: 40))
        let text = try Self.table([report(Self.hosts)], options: options)
        #expect(text.contains("  10.0.0.1 "))
        #expect(text.contains("  10.0.0.2 "))
        #expect(!text.contains("  10.0.0.3 "))
        #expect(text.contains("… and 10 more hosts"))
    }

    @Test("of a window without hosts is its heading")
    func noHosts() throws {
        let text = try Self.table([report([], length: 500_000_000)])
        #expect(text == "2023-11-14 22:13:20 – 22:13:20.500 UTC  2 packets · 0 B · 0 hosts · 7 flows\n\n")
    }

    @Test("is never wider than the terminal", arguments: 50...150)
    func width(width: Int) throws {
        let hosts = Self.hosts + [host(.address(Self.longAddress), scale: 1_000_000)]
        for line in try Self.table([report(hosts)], width: width).split(separator: "\n") {
            #expect(line.count <= width, "\(line)")
        }
    }
}

@Suite("Tables together")
struct TableTests {
    static let windows: [WindowReport] = (0..<3).map { index in
        let begin: Nanoseconds = start + Nanoseconds(index) * 10 * .second
        let isLossy = index == 2
        let hosts = Array(HostTableTests.hosts.prefix(2))
        return report(hosts, start: begin, revision: index == 1 ? 2 : 0, isComplete: !isLossy) { totals in
            totals.latePackets = isLossy ? 5 : 0
        }
    }

    static let summary: RunSummary = {
        var summary = RunSummary()
        summary.packetsReceived = 1_234_567
        summary.packetsRead = 1_234_560
        summary.packetsDropped = 9
        summary.bytes = 8_123_456_789
        summary.wireBytes = 9_000_000_000
        summary.firstTime = start + 125_000_000
        summary.lastTime = start + 1_812 * .second
        summary.nonIPPackets = 77
        summary.malformedPackets = 3
        summary.latePackets = 12
        summary.untimedPackets = 1
        summary.outsidePackets = 4
        summary.windows = 181
        summary.flows = 1234
        summary.hosts = 42
        return summary
    }()

    @Test("of totals have a line for each window, and the summary below")
    func totals() throws {
        let text = try written(.totals, .table, Self.windows, summary: Self.summary)
        #expect(
            text == """
                  WINDOW (UTC)                    PACKETS    BYTES         RATE   HOSTS   FLOWS
                  2023-11-14 22:13:20 – 22:13:30       62  17.0 kB  13.6 kbit/s       2       7
                  2023-11-14 22:13:30 – 22:13:40       62  17.0 kB  13.6 kbit/s       2       7
                  ↻ revision 2: late packets were added
                  2023-11-14 22:13:40 – 22:13:50       62  17.0 kB  13.6 kbit/s       2       7
                  ⚠ incomplete: 5 late

                Summary
                  time     2023-11-14 22:13:20.125 – 22:43:32 UTC (30 min 11 s)
                  packets  1,234,560 (of 1,234,567 before the filter; 77 not IP)
                  bytes    8.1 GB IP · 9.0 GB on the wire · 35.9 Mbit/s
                  windows  181
                  hosts    42
                  flows    1,234
                  ⚠        9 dropped · 12 late · 3 malformed · 1 without a time · 4 between windows

                """)
    }

    @Test("of flows show the largest of the run at its end")
    func flows() throws {
        var flows = [
            flow(),
            flow { flow in
                flow.transport = 17
                flow.source = IPAddress(high: 0x2001_0DB8_0000_0000, low: 1)
                flow.sourceBytes = 5_000_000
                flow.endReason = .idle
            },
            flow { flow in
                flow.transport = 1
                flow.sourcePort = 8
                flow.destinationPort = 0
                flow.end = flow.start
            },
        ]
        flows += (0..<9).map { number in flow { $0.sourceBytes = UInt64(number) } }
        let options = ReportOptions(top: 4, terminal: Terminal(width: 110))
        let text = try written(.flows, .table, flows: flows, options: options)
        #expect(
            text == """
                Top 4 of 12 flows, by bytes
                  START (UTC)            LASTED  PROTO  SOURCE               DESTINATION        BYTES  PACKETS  END
                  2023-11-14 22:13:20     1.5 s  udp    [2001:db8::1]:51234  192.0.2.80:443    5.0 MB       22  idle
                  2023-11-14 22:13:20     1.5 s  tcp    10.0.0.1:51234       192.0.2.80:443   14.9 kB       22  fin
                  2023-11-14 22:13:20       0 s  icmp   10.0.0.1             192.0.2.80       14.9 kB       22  fin
                  2023-11-14 22:13:20     1.5 s  tcp    10.0.0.1:51234       192.0.2.80:443   14.0 kB       22  fin
                  … and 8 more flows

                Summary
                  packets  0
                  bytes    0 B IP · 0 B on the wire
                  windows  0
                  flows    0

                """)
    }

    @Test("end with a summary of nothing where there was nothing")
    func nothing() throws {
        let text = try written(.hosts, .table)
        #expect(
            text == """
                Summary
                  packets  0
                  bytes    0 B IP · 0 B on the wire
                  windows  0
                  flows    0

                """)
    }

    @Test("share standard output, the columns' titles returning after each interruption")
    func shared() throws {
        let folder = try TemporaryFolder()
        let outputs = try OutputSpecification.parse(["-", "totals:-", "flows:-"])
        let output = try OutputFile(path: folder.path("out"))
        let writer = try ReportWriter(outputs: outputs, options: ReportOptions(), standardOutput: output)
        for window in Self.windows.prefix(2) { try writer.write(window) }
        try writer.write([flow()])
        try writer.finish(summary: RunSummary())
        let text = try folder.text("out")
        #expect(
            text == """
                2023-11-14 22:13:20 – 22:13:30 UTC  62 packets · 17.0 kB · 2 hosts · 7 flows
                  HOST               BYTES     SENT  RECEIVED  PACKETS   FLOWS   PEERS
                  10.0.0.2          4.8 MB  13.6 kB    4.8 MB       84      16       8  ████████
                  10.0.0.1          1.2 MB   3.4 kB    1.2 MB       21       4       2  ██

                  WINDOW (UTC)                    PACKETS    BYTES         RATE   HOSTS   FLOWS
                  2023-11-14 22:13:20 – 22:13:30       62  17.0 kB  13.6 kbit/s       2       7

                2023-11-14 22:13:30 – 22:13:40 UTC  62 packets · 17.0 kB · 2 hosts · 7 flows
                  ↻ revision 2: late packets were added
                  HOST               BYTES     SENT  RECEIVED  PACKETS   FLOWS   PEERS
                  10.0.0.2          4.8 MB  13.6 kB    4.8 MB       84      16       8  ████████
                  10.0.0.1          1.2 MB   3.4 kB    1.2 MB       21       4       2  ██

                  WINDOW (UTC)                    PACKETS    BYTES         RATE   HOSTS   FLOWS
                  2023-11-14 22:13:30 – 22:13:40       62  17.0 kB  13.6 kbit/s       2       7
                  ↻ revision 2: late packets were added

                1 flow, by bytes
                    LASTED  PROTO  SOURCE           DESTINATION        BYTES  PACKETS  END
                     1.5 s  tcp    10.0.0.1:51234   192.0.2.80:443   14.9 kB       22  fin

                Summary
                  packets  0
                  bytes    0 B IP · 0 B on the wire
                  windows  0
                  flows    0

                """)
    }

    @Test("have colour on a terminal alone, and the same text without it")
    func colour() throws {
        let terminal = Terminal(width: 80, usesColour: true, isTerminal: true)
        var text: [Bool: String] = [:]
        for usesColour in [true, false] {
            var layout = HostTable(
                order: RowOrder(field: "bytes", top: 10), width: 80, paint: Paint(isOn: usesColour))
            text[usesColour] = layout.text(of: Self.windows[2])
        }
        let coloured = try #require(text[true])
        #expect(coloured.hasPrefix("\u{1B}[1m2023-11-14 22:13:40 – 22:13:50 UTC\u{1B}[0m"))
        #expect(coloured.contains("\u{1B}[33m⚠ incomplete: 5 late\u{1B}[0m"))
        #expect(coloured.replacing(/\u{1B}\[\d+m/, with: "") == text[false])
        // A file has none, whatever the terminal.
        let inFile = try written(.hosts, .table, Self.windows, options: ReportOptions(terminal: terminal))
        #expect(!inFile.contains("\u{1B}"))
    }
}

@Suite("The lines at exit")
struct ExitLineTests {
    @Test("are tcpdump's three, then late and malformed packets, and untimed ones if any")
    func lines() {
        var summary = RunSummary()
        summary.packetsReceived = 12
        summary.packetsRead = 1
        #expect(
            summary.exitLines == [
                "1 packet captured", "12 packets received by filter", "0 packets dropped by kernel",
                "0 packets late", "0 packets malformed",
            ])
        summary.untimedPackets = 2
        #expect(summary.exitLines.last == "2 packets without a time")
    }
}
