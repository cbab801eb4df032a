import ArgumentParser
import EventTime

/// A length of time on the command line: `500ms`, `10s`, `5m`, `1h`, `1d`, also `us` and `ns`; a fraction is allowed
/// where it comes out in whole nanoseconds.
struct TimeSpan: Equatable, ExpressibleByArgument {
    var nanoseconds: Nanoseconds

    init(nanoseconds: Nanoseconds) { self.nanoseconds = nanoseconds }

    private static let units: [(suffix: String, nanoseconds: Int64)] = [
        ("ns", 1), ("us", 1_000), ("ms", 1_000_000), ("s", .second), ("m", 60 * .second), ("h", 3600 * .second),
        ("d", 86400 * .second),
    ]

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-") }
        let suffix = String(argument.dropFirst(digits.count))
        guard let unit = Self.units.first(where: { $0.suffix == suffix })?.nanoseconds,
            let value = Self.scaled(digits, by: unit)
        else { return nil }
        nanoseconds = value
    }

    /// A decimal number times `unit`, where that is a whole number that fits.
    private static func scaled(_ text: Substring, by unit: Int64) -> Int64? {
        let isNegative = text.hasPrefix("-")
        let parts = text.drop { $0 == "-" }.split(separator: ".", omittingEmptySubsequences: false)
        guard !text.dropFirst(isNegative ? 1 : 0).contains("-"), (1...2).contains(parts.count), !parts[0].isEmpty,
            let whole = Int64(parts[0])
        else { return nil }
        var (value, overflow) = whole.multipliedReportingOverflow(by: unit)
        guard !overflow else { return nil }
        if parts.count == 2 {
            var place = unit
            for digit in parts[1] {
                guard let number = digit.wholeNumberValue, place % 10 == 0 || number == 0 else { return nil }
                place /= 10
                (value, overflow) = value.addingReportingOverflow(Int64(number) * place)
                guard !overflow else { return nil }
            }
            if parts[1].isEmpty { return nil }
        }
        return isNegative ? -value : value
    }

    var defaultValueDescription: String {
        let unit = Self.units.last { nanoseconds % $0.nanoseconds == 0 && nanoseconds != 0 } ?? ("s", .second)
        return "\(nanoseconds / unit.nanoseconds)\(unit.suffix)"
    }
}

/// How late data may come: a length of time or `unbounded`.
enum WatermarkDelay: Equatable, ExpressibleByArgument {
    case bounded(TimeSpan)
    case unbounded

    init?(argument: String) {
        if argument == "unbounded" {
            self = .unbounded
        } else {
            guard let span = TimeSpan(argument: argument) else { return nil }
            self = .bounded(span)
        }
    }

    var defaultValueDescription: String {
        switch self {
        case .bounded(let span): span.defaultValueDescription
        case .unbounded: "unbounded"
        }
    }
}

/// A replay's pace: `max`, or so many times the capture's own.
enum ReplaySpeed: Equatable, ExpressibleByArgument {
    case maximum
    case factor(Double)

    init?(argument: String) {
        if argument == "max" {
            self = .maximum
        } else {
            let number = argument.hasSuffix("x") ? String(argument.dropLast()) : argument
            guard let factor = Double(number), factor > 0, factor.isFinite else { return nil }
            self = .factor(factor)
        }
    }

    var defaultValueDescription: String { "max" }
}
