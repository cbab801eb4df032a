import EventTime
import Flows
import HostStatistics
import Packets
import Reports
import Testing

@testable import Dashboard

/// Contents for screens, made by hand.
enum Scene {
    static let start: Nanoseconds = 1_700_000_000 * .second

    static func host(_ last: UInt8, sent: UInt64, received: UInt64, flows: UInt64, peers: UInt64) -> HostRow {
        HostRow(
            host: .address(IPAddress(v4: 0x0A00_0000 | UInt32(last))), packetsSent: sent / 100,
            packetsReceived: received / 100, bytesSent: sent, bytesReceived: received, wireBytesSent: sent,
            wireBytesReceived: received, flows: flows, flowsStarted: flows / 2, peers: peers)
    }

    static func report(hosts: [HostRow], revision: Int = 0, dropped: UInt64 = 0) -> WindowReport {
        var totals = WindowTotals()
        totals.packets = 120
        totals.hosts = UInt64(hosts.count)
        totals.flows = 9
        totals.droppedPackets = dropped
        return WindowReport(
            window: TimeWindow(start: start, end: start + 10 * .second), revision: revision,
            isComplete: dropped == 0, totals: totals, hosts: hosts)
    }

    static let hosts =
        [
            host(1, sent: 500_000, received: 20_000, flows: 7, peers: 3),
            host(2, sent: 20_000, received: 500_000, flows: 2, peers: 9),
            host(3, sent: 1000, received: 2000, flows: 30, peers: 1),
        ] + (4...30).map { host($0, sent: 100, received: 0, flows: 1, peers: 1) }

    static func flow(_ number: UInt16, bytes: UInt64, seconds: Int64) -> FlowRecord {
        FlowRecord(
            start: start, end: start + seconds * .second, source: IPAddress(v4: 0x0A00_0001),
            destination: IPAddress(high: 0x2001_0DB8_0000_0000, low: 1), sourcePort: 40_000 + number,
            destinationPort: 443, transport: 6, hasPorts: true, sourcePackets: 3, destinationPackets: 2,
            sourceBytes: bytes, destinationBytes: 0, sourceWireBytes: bytes, destinationWireBytes: 0,
            sourceTCPFlags: 0, destinationTCPFlags: 0, endReason: .fin)
    }

    /// A screen after a minute of traffic.
    static func model(columns: Int = 80, rows: Int = 24) -> ScreenModel {
        var model = ScreenModel(title: "eth0, wlan0", freshness: 10 * .second)
        (model.columns, model.rows) = (columns, rows)
        var counts = CaptureCounts()
        for second in 0...60 {
            counts.packets += 100
            counts.bytes += UInt64(second % 8) * 10_000
            counts.now = start + 11 * .second
            model.take(counts, now: Int64(second) * .second)
        }
        model.take(report(hosts: hosts))
        model.take([flow(1, bytes: 500, seconds: 3), flow(2, bytes: 70_000, seconds: 1)])
        return model
    }

    static func text(_ model: ScreenModel) -> [String] {
        model.lines(paint: Paint(isOn: false)).map { line in
            String(line.text.reversed().drop { $0 == " " }.reversed())
        }
    }
}

@Suite("The screen")
struct ScreenTests {
    @Test("shows rates, losses, history and the busiest hosts on 80 by 24")
    func usual() {
        let golden = """
            tidemark live  eth0, wlan0                                               0:01:00
            320 kbit/s  peak 560 kbit/s  6.1 k packets  16.5 Mbit  0 dropped  0 late
                                    ▁▅█     ▁▅█     ▁▅█     ▁▅█     ▁▅█     ▁▅█     ▁▅█
                                  ▂▆███   ▂▆███   ▂▆███   ▂▆███   ▂▆███   ▂▆███   ▂▆███   ▂▆
                                ▃▇█████ ▃▇█████ ▃▇█████ ▃▇█████ ▃▇█████ ▃▇█████ ▃▇█████ ▃▇██
            2023-11-14 22:13:20 – 22:13:30 UTC  30 hosts · 9 flows
              HOST                   ▼RATE         SENT     RECEIVED  PACKETS   PEERS
              10.0.0.1          416 kbit/s   400 kbit/s  16.0 kbit/s    5.2 k       3  █████
              10.0.0.2          416 kbit/s  16.0 kbit/s   400 kbit/s    5.2 k       9  █████
              10.0.0.3          2.4 kbit/s    800 bit/s   1.6 kbit/s       30       1  ▏
            """
        let lines = Scene.text(Scene.model())
        #expect(lines.prefix(10).joined(separator: "\n") == golden)
        #expect(lines[22] == "  … and 15 more hosts")
        #expect(lines[23] == "q quit  p pause  tab flows  s sort  / filter  b bytes  ? help")
    }

    @Test("leaves out what matters least on 44 by 12")
    func narrow() {
        #expect(
            Scene.text(Scene.model(columns: 44, rows: 12)).joined(separator: "\n") == """
                tidemark live  eth0, wlan0           0:01:00
                320 kbit/s  peak 560 kbit/s  6.1 k packets
                ▁▂▃▅▆▇█ ▁▂▃▅▆▇█ ▁▂▃▅▆▇█ ▁▂▃▅▆▇█ ▁▂▃▅▆▇█ ▁▂▃▅
                2023-11-14 22:13:20 – 22:13:30 UTC  30 hosts
                  HOST                   ▼RATE  PACKETS
                  10.0.0.1          416 kbit/s    5.2 k
                  10.0.0.2          416 kbit/s    5.2 k
                  10.0.0.3          2.4 kbit/s       30
                  10.0.0.4            80 bit/s        1
                  10.0.0.5            80 bit/s        1
                  … and 25 more hosts
                q quit  p pause  tab flows  s sort  / filter
                """)
    }

    @Test("shows flows that have ended, the latest first, after tab")
    func flows() {
        var model = Scene.model(columns: 100, rows: 10)
        #expect(model.press(.tab) == .none)
        #expect(
            Scene.text(model)[2...4].joined(separator: "\n") == """
                2 flows ended
                  ENDED▼    SOURCE                 DESTINATION            PROTO     BYTES  PACKETS    LASTED
                  22:13:23  10.0.0.1:40001         [2001:db8::1]:443      tcp    4.0 kbit        5       3 s  ▏
                """)
    }

    @Test("keeps only the latest flows")
    func manyFlows() {
        var model = Scene.model()
        for number in 0..<3500 { model.take([Scene.flow(UInt16(number), bytes: 1, seconds: 1)]) }
        model.view = .flows
        #expect(model.rowCount == ScreenModel.flowLimit)
        #expect(Scene.text(model).contains("3.5 k flows ended; the latest 1,000"))
    }

    @Test("sorts by any column, either way")
    func sorting() {
        var model = Scene.model()
        func hosts(_ model: ScreenModel) -> [String] {
            Scene.text(model)[7...9].map { String($0.split(separator: " ")[0]) }
        }
        // From the rate to what was sent, received, packets and flows.
        for _ in 0..<2 { _ = model.press(.character("s")) }
        #expect(hosts(model).first == "10.0.0.2")
        for _ in 0..<2 { _ = model.press(.character(">")) }
        #expect(hosts(model).first == "10.0.0.3")
        for _ in 0..<5 { _ = model.press(.character("S")) }
        #expect(model.hostOrder.column == 0)
        #expect(hosts(model) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        #expect(Scene.text(model)[6].contains("HOST▲"))
        _ = model.press(.character("r"))
        #expect(hosts(model) == ["10.0.0.30", "10.0.0.29", "10.0.0.28"])
        #expect(Scene.text(model)[6].contains("HOST▼"))
    }

    @Test("filters by what is typed, as it is typed")
    func filter() {
        var model = Scene.model()
        for key in [Key.character("/"), .character("0"), .character("."), .character("2")] { _ = model.press(key) }
        #expect(model.rowCount == 11)
        #expect(Scene.text(model)[23].hasPrefix("filter: 0.2"))
        _ = model.press(.character("q"))
        #expect(model.rowCount == 0, "while typing, letters are letters")
        _ = model.press(.backspace)
        _ = model.press(.enter)
        #expect(model.rowCount == 11)
        #expect(Scene.text(model)[23].hasPrefix("filter: 0.2  q quit"))
        _ = model.press(.escape)
        #expect(model.rowCount == 30)
        model.view = .flows
        model.filter = "40002"
        #expect(model.rowCount == 1)
        model.filter = "FIN"
        #expect(model.rowCount == 2, "in capitals or not")
    }

    @Test("stands still while it is paused, and can be sorted")
    func pause() {
        var model = Scene.model()
        _ = model.press(.character("p"))
        var counts = model.latest.counts
        counts.packets += 1_000_000
        model.take(counts, now: 90 * .second)
        model.take(Scene.report(hosts: [], revision: 0))
        let lines = Scene.text(model)
        #expect(lines[0].hasSuffix("paused  0:01:00"))
        #expect(lines[1].contains("6.1 k packets"))
        #expect(lines[7].hasPrefix("  10.0.0.1 "))
        _ = model.press(.character("s"))
        _ = model.press(.character("s"))
        #expect(Scene.text(model)[7].hasPrefix("  10.0.0.2 "))
        _ = model.press(.character(" "))
        #expect(Scene.text(model)[0].hasSuffix(" 0:01:30"))
        #expect(Scene.text(model)[1].contains("1.0 M packets"))
    }

    @Test("shows bytes in place of bits")
    func units() {
        var model = Scene.model()
        _ = model.press(.character("b"))
        let lines = Scene.text(model)
        #expect(lines[1].hasPrefix("40.0 kB/s  peak 70.0 kB/s  6.1 k packets  2.1 MB"))
        #expect(lines[7].contains("52.0 kB/s"))
        #expect(lines[23].contains("b bits"))
    }

    @Test("scrolls through all rows, and no further")
    func scrolling() {
        var model = Scene.model()
        _ = model.press(.up)
        #expect(model.scroll == 0)
        _ = model.press(.down)
        #expect(Scene.text(model)[7].hasPrefix("  10.0.0.2 "))
        _ = model.press(.end)
        let lines = Scene.text(model)
        #expect(lines[22].hasPrefix("  10.0.0.30 "))
        _ = model.press(.pageDown)
        #expect(Scene.text(model) == lines)
        var later = Scene.report(hosts: Array(Scene.hosts.prefix(3)))
        later.window = TimeWindow(start: later.window.start + .second, end: later.window.end + .second)
        model.take(later)
        #expect(Scene.text(model)[7].hasPrefix("  10.0.0.1 "), "rows that went away leave no empty screen")
        _ = model.press(.home)
        #expect(model.scroll == 0)
    }

    @Test("says what was lost, where nobody can overlook it")
    func losses() {
        var model = Scene.model(columns: 50)
        var counts = model.latest.counts
        counts.droppedPackets = 1234
        counts.latePackets = 5
        model.take(counts, now: 61 * .second)
        model.take(Scene.report(hosts: Scene.hosts, dropped: 12))
        #expect(Scene.text(model)[1].contains("  1.2 k dropped  5 late"))
        model.columns = 90
        #expect(Scene.text(model)[5].hasSuffix("⚠ incomplete: 12 dropped"))
        let colours = model.lines(paint: Paint(isOn: true))
        #expect(colours[1].text.contains("\u{1B}[33m  1.2 k dropped\u{1B}[0m"))
    }

    @Test("takes the rows of a revision into its window, and no older windows")
    func revision() {
        var model = Scene.model()
        let late = Scene.host(2, sent: 9_000_000, received: 0, flows: 1, peers: 1)
        model.take(
            Scene.report(hosts: [late, Scene.host(99, sent: 1, received: 0, flows: 1, peers: 1)], revision: 1))
        #expect(model.rowCount == 31)
        #expect(Scene.text(model)[7].hasPrefix("  10.0.0.2 "))
        var older = Scene.report(hosts: [])
        older.window = TimeWindow(start: Scene.start - 10 * .second, end: Scene.start)
        model.take(older)
        #expect(model.rowCount == 31)
    }

    @Test("shows no hosts of long ago")
    func silence() {
        var model = ScreenModel(title: "lo", freshness: 10 * .second)
        #expect(Scene.text(model)[5] == "no packets yet")
        var counts = CaptureCounts()
        counts.packets = 1
        model.take(counts, now: 0)
        #expect(Scene.text(model)[5] == "waiting for the first window to end")
        model.take(Scene.report(hosts: Scene.hosts))
        counts.now = Scene.start + 20 * .second
        model.take(counts, now: 0)
        #expect(model.rowCount == 30)
        counts.now += 1
        model.take(counts, now: 0)
        #expect(model.rowCount == 0)
        #expect(Scene.text(model)[5] == "no packets since 2023-11-14 22:13:30 UTC")
    }

    @Test("has its help, and messages until a key is pressed")
    func help() {
        var model = Scene.model()
        model.say("eth0: the interface is down")
        #expect(Scene.text(model)[23] == "eth0: the interface is down")
        _ = model.press(.character("?"))
        #expect(Scene.text(model)[1] == "  q  F10       quit")
        #expect(model.press(.character("x")) == .none)
        #expect(Scene.text(model) == Scene.text(Scene.model()))
        #expect(model.press(.character("q")) == .quit)
        #expect(model.press(.redraw) == .redraw)
    }

    @Test("passes no control characters on from outside")
    func printable() {
        #expect(LiveScreen.printable("tidemark: a\u{1B}[31mb\n") == "tidemark: a?[31mb")
    }

    @Test("is exactly as large as the terminal, however small", arguments: [1, 2, 3, 5, 8, 20, 40, 79, 200])
    func sizes(columns: Int) {
        for rows in [1, 2, 3, 4, 6, 8, 11, 16, 24, 60] {
            for view in ScreenModel.View.allCases {
                for mode in [ScreenModel.Mode.table, .typing, .help] {
                    var model = Scene.model(columns: columns, rows: rows)
                    (model.view, model.mode) = (view, mode)
                    let lines = model.lines(paint: Paint(isOn: false))
                    #expect(lines.count == rows)
                    for line in lines {
                        #expect(line.text.count <= columns, "\(columns)x\(rows): \(line.text)")
                        #expect(line.isFull == (line.text.count == columns))
                    }
                }
            }
        }
    }
}
