import Glibc

/// The names of a recording's files, as tcpdump(1) makes them.
struct RecordingNames {
    let options: RecordingOptions

    /// Digits of the number with which `-C` tells files apart; none where it just counts up.
    private var digits: Int {
        guard options.megabytes != nil, let count = options.fileCount else { return 0 }
        return count > 1 ? String(count - 1).count : 0
    }

    /// The name of a file: `number` counts those of `-C`, `begin` is when `-G` began, in seconds since the epoch.
    func name(number: Int, begin: Int64) -> String {
        let name = options.seconds == nil ? options.path : Self.format(options.path, begin)
        guard options.megabytes != nil, number > 0 || digits > 0 else { return name }
        let text = String(number)
        return name + String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// Replaces strftime's conversions, in local time.
    private static func format(_ pattern: String, _ seconds: Int64) -> String {
        var time = time_t(seconds)
        var calendar = tm()
        guard pattern.contains("%"), localtime_r(&time, &calendar) != nil else { return pattern }
        var text = [CChar](repeating: 0, count: 4096)
        let count = strftime(&text, text.count, pattern, &calendar)
        guard count > 0 else { return pattern }
        return String(decoding: text.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
