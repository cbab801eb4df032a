// Phrases that the tables share.

package import EventTime
package import HostStatistics

package enum TableText {
    /// `2023-11-14 22:13:20`, in UTC; fractions as far as they matter.
    package static func time(_ time: Nanoseconds) -> String {
        let calendar = CalendarTime(time)
        return String(atMost: TimeText.longest) { text in
            TimeText.storeDate(calendar, at: &text)
            text.store(UInt8(ascii: " "))
            TimeText.storeClock(calendar, at: &text)
        }
    }

    /// `2023-11-14 22:13:20 – 22:13:30 UTC`: the date again only where it is another.
    package static func range(_ start: Nanoseconds, _ end: Nanoseconds) -> String {
        let last = time(end)
        let first = time(start)
        let dateCount = 11
        let isSameDay = first.prefix(dateCount) == last.prefix(dateCount)
        return "\(first) – \(isSameDay ? String(last.dropFirst(dateCount)) : last) UTC"
    }

    /// `1 host`, `42 hosts`
    package static func count(_ number: UInt64, _ thing: String) -> String {
        "\(HumanUnits.count(number)) \(thing)\(number == 1 ? "" : "s")"
    }

    /// As many of the parts, the first ones, as fit in `width`.
    package static func join(_ parts: [String], width: Int) -> String {
        var text = ""
        for part in parts {
            let longer = text.isEmpty ? part : "\(text) · \(part)"
            if longer.count > width, !text.isEmpty { break }
            text = longer
        }
        return text
    }

    /// Lines for a window that is a revision, or incomplete; none for others.
    static func remarks(on report: WindowReport, _ paint: Paint) -> String {
        var text = ""
        if report.revision > 0 {
            text += "  " + paint("↻ revision \(report.revision): late packets were added", .warning) + "\n"
        }
        if !report.isComplete {
            let losses = losses(report.totals)
            text += "  " + paint("⚠ incomplete" + (losses.isEmpty ? "" : ": \(losses)"), .warning) + "\n"
        }
        return text
    }

    /// What was lost in a window: `3 dropped, 2 late, 1 malformed, 1.5 s not captured`; empty where nothing was.
    package static func losses(_ totals: WindowTotals) -> String {
        var parts: [String] = []
        if totals.droppedPackets > 0 { parts.append("\(HumanUnits.count(totals.droppedPackets)) dropped") }
        if totals.latePackets > 0 { parts.append("\(HumanUnits.count(totals.latePackets)) late") }
        if totals.malformedPackets > 0 { parts.append("\(HumanUnits.count(totals.malformedPackets)) malformed") }
        if totals.gap > 0 { parts.append("\(HumanUnits.duration(totals.gap)) not captured") }
        return parts.joined(separator: ", ")
    }
}

extension TimeWindow {
    /// The window's length, or as much as 64 bits hold.
    package var length: Nanoseconds {
        let (length, overflow) = end.subtractingReportingOverflow(start)
        return overflow ? .max : length
    }
}
