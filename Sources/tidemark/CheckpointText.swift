/// How checkpoints are told to people.
enum CheckpointText {
    /// How many times smaller the files are than what they hold.
    static func ratio(_ content: UInt64, _ stored: UInt64) -> String {
        guard stored > 0 else { return "-" }
        let (whole, rest) = content.quotientAndRemainder(dividingBy: stored)
        let hundredths = UInt64(Double(rest) / Double(stored) * 100)
        return "\(whole).\(hundredths < 10 ? "0" : "")\(hundredths)"
    }

    /// Eight hexadecimal digits.
    static func checksum(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }

    /// Text from outside, without what would steer a terminal.
    static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Columns two spaces apart; a row may have fewer cells than the first.
    static func table(_ rows: [[String]], rightAligned: Set<Int> = [], indentation: String = "") -> String {
        var widths: [Int] = []
        for row in rows where row.count == rows.first?.count {
            for (index, cell) in row.enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], cell.count)
            }
        }
        var text = ""
        for row in rows {
            var line = indentation
            for (index, cell) in row.enumerated() {
                let padding = String(repeating: " ", count: max(0, widths[index] - cell.count))
                if index > 0 { line += "  " }
                line += rightAligned.contains(index) ? padding + cell : cell + padding
            }
            while line.last == " " { line.removeLast() }
            text += line + "\n"
        }
        return text
    }
}
