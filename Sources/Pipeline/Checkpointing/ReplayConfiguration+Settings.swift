import CheckpointStore
import EventTime
import Reports

extension ReplayConfiguration {
    /// All that results depend on, by the names of the command's options. The number of workers, the pace and what is
    /// printed are not among it.
    var settings: [NamedText] {
        var settings = [
            NamedText("--window", Self.text(windows.size)),
            NamedText("--slide", Self.text(windows.slide)),
            NamedText("--offset", Self.text(windows.offset)),
            NamedText("--watermark-delay", watermarkDelay.map(Self.text) ?? "unbounded"),
            NamedText("--allowed-lateness", Self.text(allowedLateness)),
            NamedText("--layer", layer.rawValue),
            NamedText("--idle-timeout", Self.text(idleTimeout)),
            NamedText("--active-timeout", Self.text(activeTimeout)),
            NamedText("--max-flows", "\(maximumFlows)"),
            NamedText("--max-hosts", "\(maximumHosts)"),
        ]
        if let filter { settings.append(NamedText("--filter", filter)) }
        if let packetLimit { settings.append(NamedText("-c", "\(packetLimit)")) }
        for output in outputs {
            let place = if case .file(let path) = output.destination { path } else { "-" }
            settings.append(
                NamedText("--output", "\(output.kind.rawValue):\(place) as \(output.format.rawValue)"))
        }
        if let top = reportOptions.top { settings.append(NamedText("--top", "\(top)")) }
        if let sort = reportOptions.sort { settings.append(NamedText("--sort", sort)) }
        return settings
    }

    /// A length of time in the largest unit in which it is a whole number.
    private static func text(_ time: Nanoseconds) -> String {
        let units: [(Nanoseconds, String)] = [
            (86400 * .second, "d"), (3600 * .second, "h"), (60 * .second, "m"), (.second, "s"), (1_000_000, "ms"),
            (1000, "us"),
        ]
        guard time != 0, let (length, unit) = units.first(where: { time % $0.0 == 0 }) else {
            return time == 0 ? "0s" : "\(time)ns"
        }
        return "\(time / length)\(unit)"
    }
}
