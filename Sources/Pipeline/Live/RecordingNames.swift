import Glibc

/// The names of a recording's files, as tcpdump(1) makes them.
struct RecordingNames {
    let options: RecordingOptions

    /// Digits of the number with which `-C` tells files apart; none where it just counts up.
    private var digits: Int {
        guard options.megabytes != nil, let count = options.fileCount else { return 0 }
        return count > 1 ? String(count - 1).count : 0
    }

    /// Whether there is a limited number of names, which `-C` with `-W` uses in turns.
    var areReused: Bool { options.megabytes != nil && options.fileCount != nil }

    /// The name of a file: `number` counts those of `-C` and of restarts, `begin` is when `-G` began, in seconds since
    /// the epoch.
    func name(number: Int, begin: Int64) -> String {
        let name = options.seconds == nil ? options.path : Self.format(options.path, begin)
        guard number > 0 || digits > 0 else { return name }
        let text = String(number)
        return name + String(repeating: "0", count: max(0, digits - text.count)) + text
    }

    /// Where a capture that was ended goes on, of the names that are reused: at the first that is free, or else at the
    /// file that was written to the longest time ago.
    func numberToGoOn(begin: Int64) -> Int {
        var oldest: (number: Int, time: (Int, Int))?
        for number in 0..<(options.fileCount ?? 0) {
            var status = stat()
            guard stat(name(number: number, begin: begin), &status) == 0 else { return number }
            let time = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
            if oldest.map({ time < $0.time }) ?? true { oldest = (number, time) }
        }
        return oldest?.number ?? 0
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
