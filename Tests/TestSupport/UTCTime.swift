/// Times as RFC 3339 writes them in UTC, computed apart from the code under test.
public enum UTCTime {
    /// `nanoseconds` since the epoch, as `2023-11-14T22:13:20Z`; a fraction only where it is not zero, of three,
    /// six or nine digits.
    public static func text(_ nanoseconds: Int64) -> String {
        let seconds = floor(nanoseconds, 1_000_000_000)
        let fraction = nanoseconds - seconds * 1_000_000_000
        let days = floor(seconds, 86_400)
        let second = seconds - days * 86_400
        let (year, month, day) = date(daysSinceEpoch: days)
        let clock = [second / 3600, second / 60 % 60, second % 60].map { digits($0, 2) }.joined(separator: ":")
        var text = "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T\(clock)"
        if fraction > 0 {
            var decimals = digits(fraction, 9)
            while decimals.hasSuffix("000") { decimals.removeLast(3) }
            text += "." + decimals
        }
        return text + "Z"
    }

    /// The Gregorian date, year by year and month by month.
    private static func date(daysSinceEpoch: Int64) -> (year: Int64, month: Int64, day: Int64) {
        var (year, left): (Int64, Int64) = (1970, daysSinceEpoch)
        while left < 0 {
            year -= 1
            left += length(ofYear: year)
        }
        while left >= length(ofYear: year) {
            left -= length(ofYear: year)
            year += 1
        }
        var month: Int64 = 1
        while left >= length(ofMonth: month, year) {
            left -= length(ofMonth: month, year)
            month += 1
        }
        return (year, month, left + 1)
    }

    private static func isLeap(_ year: Int64) -> Bool { year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) }
    private static func length(ofYear year: Int64) -> Int64 { isLeap(year) ? 366 : 365 }
    private static func length(ofMonth month: Int64, _ year: Int64) -> Int64 {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func digits(_ number: Int64, _ count: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, count - text.count)) + text
    }

    /// Division that rounds down, also before 1970.
    public static func floor(_ number: Int64, _ divisor: Int64) -> Int64 {
        let (quotient, remainder) = number.quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? quotient - 1 : quotient
    }
}
