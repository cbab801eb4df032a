// Numbers as people read them: few digits, a unit.

package import EventTime

/// Short forms of numbers for tables and the progress bar. Two to three digits, rounded half up: `999`, `1.0 k`,
/// `12.3 M`, `123 M`. Units are decimal, so a kB is 1000 bytes.
package enum HumanUnits {
    /// `12.3 k`
    package static func count(_ number: UInt64) -> String { scaled(number, unit: "") }

    /// `1.2 MB`
    package static func bytes(_ number: UInt64) -> String { scaled(number, unit: "B") }

    /// `9.6 Mbit`; at most what 64 bits hold.
    package static func bits(bytes: UInt64) -> String {
        let (bits, overflow) = bytes.multipliedReportingOverflow(by: 8)
        return scaled(overflow ? .max : bits, unit: "bit")
    }

    /// `6.5 Mbit/s`: `bytes` in a span of time; a dash where the span is empty.
    package static func bitRate(bytes: UInt64, in span: Nanoseconds) -> String {
        guard let rate = perSecond(bytes, scale: 8, in: span) else { return "–" }
        return scaled(rate, unit: "bit/s")
    }

    /// `812 kB/s`: `bytes` in a span of time; a dash where the span is empty.
    package static func byteRate(bytes: UInt64, in span: Nanoseconds) -> String {
        guard let rate = perSecond(bytes, in: span) else { return "–" }
        return scaled(rate, unit: "B/s")
    }

    /// How many a second, rounded down; nil where the span is empty, and at most what 64 bits hold.
    package static func perSecond(_ number: UInt64, scale: UInt64 = 1, in span: Nanoseconds) -> UInt64? {
        guard span > 0 else { return nil }
        let product = number.multipliedFullWidth(by: scale * 1_000_000_000)
        guard product.high < span.magnitude else { return .max }
        return span.magnitude.dividingFullWidth(product).quotient
    }

    /// All digits, in groups: `12,345,678`.
    package static func grouped(_ number: UInt64) -> String {
        let digits = String(number)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// A span of time in its two largest units that are not zero: `1.5 s`, `250 ms`, `30 min 12 s`, `11 d 3 h`.
    package static func duration(_ span: Nanoseconds) -> String {
        let magnitude = span.magnitude
        let sign = span < 0 ? "-" : ""
        switch magnitude {
        case 0: return "0 s"
        case ..<1000: return "\(sign)\(magnitude) ns"
        case ..<1_000_000: return sign + tenths(magnitude, of: 1000) + " µs"
        case ..<1_000_000_000: return sign + tenths(magnitude, of: 1_000_000) + " ms"
        case ..<60_000_000_000: return sign + tenths(magnitude, of: 1_000_000_000) + " s"
        default: break
        }
        let units: [(name: String, seconds: UInt64)] = [("d", 86_400), ("h", 3600), ("min", 60), ("s", 1)]
        var rest = magnitude / 1_000_000_000
        var parts: [String] = []
        for unit in units where parts.count < 2 {
            let whole = rest / unit.seconds
            rest %= unit.seconds
            if whole > 0 {
                parts.append("\(HumanUnits.grouped(whole)) \(unit.name)")
            } else if !parts.isEmpty {
                break
            }
        }
        return sign + parts.joined(separator: " ")
    }

    /// `number / unit` with one decimal, rounded down, without a needless `.0`.
    private static func tenths(_ number: UInt64, of unit: UInt64) -> String {
        let tenths = number / (unit / 10)
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }

    private static func scaled(_ number: UInt64, unit: String) -> String {
        if number < 1000 { return unit.isEmpty ? "\(number)" : "\(number) \(unit)" }
        let prefixes = ["k", "M", "G", "T", "P", "E"]
        var divisor: UInt64 = 1000
        for (index, prefix) in prefixes.enumerated() {
            let whole = number / divisor
            let isLast = index == prefixes.count - 1
            let tenths = whole * 10 + (number % divisor + divisor / 20) / (divisor / 10)
            if tenths < 1000 { return "\(tenths / 10).\(tenths % 10) \(prefix)\(unit)" }
            let rounded = whole + (number % divisor >= divisor / 2 ? 1 : 0)
            if rounded < 1000 || isLast { return "\(rounded) \(prefix)\(unit)" }
            divisor *= 1000
        }
        return "\(number) \(unit)"
    }
}
