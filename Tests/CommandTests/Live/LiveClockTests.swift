import Foundation
import TestSupport
import Testing

@Suite("A live capture whose machine's clock is set", .enabled(if: GuestKernel.canRun, GuestKernel.reason))
struct LiveClockTests {
    // What it prints is checked below: a line for each step.
    private static let script = """
        sent=0
        start() {
            : >errors
            $T live -i lo --window 1s --watermark-delay 200ms --checkpoint-dir state --checkpoint-interval 200ms \\
                -o totals:totals.csv -w recording.pcap udp port 9 2>>errors &
            for try in $(seq 200); do
                if grep -q listening errors; then return; fi
                sleep 0.3
            done
        }
        # The packets in the rows so far.
        told() { awk -F, 'NR > 1 { sum += $3 } END { print sum + 0 }' totals.csv; }
        # Sends twenty packets, and waits until they are in rows, in a network that is silent again.
        send() {
            for number in $(seq 20); do
                echo 2>/dev/null >/dev/udp/127.0.0.1/9
                sleep 0.02
            done
            sent=$((sent + 20))
            for try in $(seq 200); do
                if [ "$(told)" = "$sent" ]; then break; fi
                sleep 0.3
            done
            echo "$1: $(told) packets"
        }
        checkpoints() {
            for count in 1 2; do
                last=$(ls state | tail -n 1)
                for try in $(seq 200); do
                    if [ "$(ls state | tail -n 1)" != "$last" ]; then break; fi
                    sleep 0.3
                done
            done
        }
        set_clock() { date -s "$1" >/dev/null; }
        start
        send 'at first'
        set_clock '+1 week'
        send 'a week later'
        set_clock '-2 weeks'
        send 'two weeks before'
        grep 'set back' errors
        set_clock '+3 days'
        send 'three days later'
        checkpoints
        kill -9 $!
        wait $! 2>/dev/null
        set_clock '-1 hour'
        start
        send 'after a restart, an hour before'
        set_clock '+30 days'
        send 'a month later'
        kill -TERM $!
        wait $!
        echo "status $?"
        cat errors >&2
        cp totals.csv recording.pcap* /mnt

        """

    @Test("goes on in event time, neither stalls nor crashes, and records what it analysed")
    func steps() throws {
        let folder = try ScratchFolder()
        let log = try GuestKernel.run(Self.script, in: folder)
        let lines = log.split(separator: "\n").map(String.init)
        let told = lines.filter { $0.hasSuffix(" packets") && !$0.hasPrefix("tidemark:") }
        #expect(
            told == [
                "at first: 20 packets", "a week later: 40 packets", "two weeks before: 60 packets",
                "three days later: 80 packets", "after a restart, an hour before: 100 packets",
                "a month later: 120 packets",
            ], "\(log)")
        // Two weeks, less what was captured in between.
        #expect(
            lines.contains {
                $0.hasPrefix("tidemark: the clock was set back by 12095")
                    && $0.hasSuffix(" s: times go on ahead of it by so much")
            }, "\(log)")
        #expect(lines.contains("status 0"), "\(log)")
        #expect(lines.contains("0 packets late"), "\(log)")

        let rows = try ReportRows(csv: folder.text("totals.csv"))
        let starts = rows.rows.map { $0["window_start"] }
        #expect(starts == starts.sorted() && Set(starts).count == starts.count)
        #expect(rows.sum("packets") == 120)

        let replay = try BuiltCommand.run(
            [
                "replay", "-q", "--window", "1s", "--watermark-delay", "200ms", "-o",
                "totals:" + folder.path("again.csv"),
            ]
                + ["recording.pcap", "recording.pcap1"].map { folder.path($0) })
        #expect(replay.status == 0, "\(replay.errors)")
        let again = try ReportRows(csv: folder.text("again.csv"))
        func counts(_ report: ReportRows) -> [[String]] {
            report.rows.filter { $0.number("packets") > 0 }.map { [$0.window, $0["packets"], $0["wire_bytes"]] }
        }
        #expect(counts(again) == counts(rows))
    }
}
