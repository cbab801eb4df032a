internal import EventTime

/// What stands under the last table: the whole run in a few lines, numbers in full.
struct SummaryTable {
    let paint: Paint

    func text(of summary: RunSummary) -> String {
        var lines: [(label: String, text: String, emphasis: Emphasis)] = []
        let length = span(summary)
        if let first = summary.firstTime, let last = summary.lastTime {
            let duration = HumanUnits.duration(length)
            lines.append(("time", "\(TableText.range(first, last)) (\(duration))", .plain))
        }
        lines.append(("packets", packets(summary), .plain))
        let rate = length > 0 ? " · \(HumanUnits.bitRate(bytes: summary.bytes, in: length))" : ""
        let bytes = "\(HumanUnits.bytes(summary.bytes)) IP · \(HumanUnits.bytes(summary.wireBytes)) on the wire"
        lines.append(("bytes", bytes + rate, .plain))
        lines.append(("windows", HumanUnits.grouped(summary.windows), .plain))
        if let hosts = summary.hosts { lines.append(("hosts", HumanUnits.grouped(hosts), .plain)) }
        lines.append(("flows", HumanUnits.grouped(summary.flows), .plain))
        let losses = losses(summary)
        if !losses.isEmpty { lines.append(("⚠", losses, .warning)) }

        var text = paint("Summary", .bold) + "\n"
        for line in lines {
            let padding = String(repeating: " ", count: "packets".count - line.label.count)
            let label = line.emphasis == .warning ? Emphasis.warning : .dim
            text += "  " + paint(line.label, label) + padding + "  " + paint(line.text, line.emphasis) + "\n"
        }
        return text
    }

    private func packets(_ summary: RunSummary) -> String {
        var text = HumanUnits.grouped(summary.packetsRead)
        var parts: [String] = []
        if summary.packetsReceived > summary.packetsRead {
            parts.append("of \(HumanUnits.grouped(summary.packetsReceived)) before the filter")
        }
        if summary.nonIPPackets > 0 { parts.append("\(HumanUnits.grouped(summary.nonIPPackets)) not IP") }
        if !parts.isEmpty { text += " (\(parts.joined(separator: "; ")))" }
        return text
    }

    private func losses(_ summary: RunSummary) -> String {
        let counts: [(UInt64, String)] = [
            (summary.packetsDropped + summary.packetsDroppedByInterface, "dropped"), (summary.latePackets, "late"),
            (summary.malformedPackets, "malformed"), (summary.untimedPackets, "without a time"),
            (summary.outsidePackets, "between windows"),
        ]
        return counts.filter { $0.0 > 0 }.map { "\(HumanUnits.grouped($0.0)) \($0.1)" }.joined(separator: " · ")
    }

    private func span(_ summary: RunSummary) -> Nanoseconds {
        guard let first = summary.firstTime, let last = summary.lastTime else { return 0 }
        return TimeWindow(start: first, end: last).length
    }
}
