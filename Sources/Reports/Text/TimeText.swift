// RFC 3339, https://www.rfc-editor.org/rfc/rfc3339; the calendar's arithmetic is Howard Hinnant's,
// https://howardhinnant.github.io/date_algorithms.html.

internal import EventTime

/// A moment in UTC taken apart: the proleptic Gregorian calendar, by floor division, so that times before 1970
/// need no case of their own. Nanoseconds in 64 bits reach from 1677 to 2262.
struct CalendarTime {
    let year: Int
    /// 1 to 12.
    let month: Int
    /// 1 to 31.
    let day: Int
    let hour: Int
    let minute: Int
    let second: Int
    /// 0 to 999,999,999.
    let nanosecond: Int

    init(_ time: Nanoseconds) {
        let seconds = time.floored(dividingBy: .second)
        nanosecond = Int(time.flooredRemainder(dividingBy: .second))
        let days = seconds.floored(dividingBy: 86_400)
        let secondOfDay = Int(seconds - days * 86_400)
        hour = secondOfDay / 3600
        minute = secondOfDay / 60 % 60
        second = secondOfDay % 60

        // Counted from 0000-03-01, years end with February and eras of 400 years are all alike.
        let shifted = Int(days) + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Digits of the shortest of the usual fractions that says the nanoseconds exactly: 0, 3, 6 or 9.
    var fractionDigits: Int {
        if nanosecond == 0 { return 0 }
        if nanosecond % 1_000_000 == 0 { return 3 }
        return nanosecond % 1000 == 0 ? 6 : 9
    }
}

/// Writes times as RFC 3339 in UTC, `2023-11-14T22:13:20Z`, with a fraction only where it is not zero: of 3, 6 or
/// 9 digits, the fewest that are exact, since parsers exist that take no other number of digits.
enum TimeText {
    /// Bytes of the longest of them, which has a fraction of nine digits.
    static let longest = 30

    static func store(_ time: Nanoseconds, at text: inout TextCursor) {
        let calendar = CalendarTime(time)
        storeDate(calendar, at: &text)
        text.store(UInt8(ascii: "T"))
        storeClock(calendar, at: &text)
        text.store(UInt8(ascii: "Z"))
    }

    /// `2023-11-14`
    static func storeDate(_ time: CalendarTime, at text: inout TextCursor) {
        text.store(time.year, digits: 4)
        text.store(UInt8(ascii: "-"))
        text.store(twoDigits: time.month)
        text.store(UInt8(ascii: "-"))
        text.store(twoDigits: time.day)
    }

    /// `22:13:20` or `22:13:20.125`
    static func storeClock(_ time: CalendarTime, at text: inout TextCursor) {
        text.store(twoDigits: time.hour)
        text.store(UInt8(ascii: ":"))
        text.store(twoDigits: time.minute)
        text.store(UInt8(ascii: ":"))
        text.store(twoDigits: time.second)
        let digits = time.fractionDigits
        guard digits > 0 else { return }
        text.store(UInt8(ascii: "."))
        // Six of the nine at once, or the first three of them.
        text.store(time.nanosecond / 1000, digits: 6)
        if digits == 3 { text.takeBack(3) }
        if digits == 9 { text.store(time.nanosecond % 1000, digits: 3) }
    }
}

/// A span of time as a decimal number of seconds: exact, without trailing zeros (`1.5`, `0`, `0.000000001`).
enum SecondsText {
    /// Bytes of the longest of them.
    static let longest = 21

    static func store(_ span: Nanoseconds, at text: inout TextCursor) {
        if span < 0 { text.store(UInt8(ascii: "-")) }
        text.store(decimal: span.magnitude / 1_000_000_000)
        let fraction = UInt32(span.magnitude % 1_000_000_000)
        if fraction == 0 { return }
        text.store(UInt8(ascii: "."))
        text.store(fraction: fraction)
    }
}
