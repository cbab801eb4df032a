public import EventTime

/// Numbers and times as reports write them, for what else the command tells people.
public enum HumanText {
    /// RFC 3339 in UTC: `2023-11-14T22:13:20.500Z`.
    public static func time(_ time: Nanoseconds) -> String {
        String(atMost: TimeText.longest) { TimeText.store(time, at: &$0) }
    }

    /// `1.2 MB`
    public static func bytes(_ count: UInt64) -> String { HumanUnits.bytes(count) }

    /// `12,345,678`
    public static func grouped(_ number: UInt64) -> String { HumanUnits.grouped(number) }
}
