/// Emphasis in a table.
package enum Emphasis {
    case plain
    case bold
    case dim
    /// What a bar is drawn in.
    case accent
    /// What a reader should not miss.
    case warning
    /// Letters in the colour of the ground.
    case inverse
}

/// Marks up text for a terminal (ECMA-48, SGR), or leaves it alone.
package struct Paint {
    package let isOn: Bool

    package init(isOn: Bool) { self.isOn = isOn }

    package func callAsFunction(_ text: String, _ emphasis: Emphasis) -> String {
        guard isOn, !text.isEmpty else { return text }
        switch emphasis {
        case .plain: return text
        case .bold: return "\u{1B}[1m\(text)\u{1B}[0m"
        case .dim: return "\u{1B}[2m\(text)\u{1B}[0m"
        case .accent: return "\u{1B}[36m\(text)\u{1B}[0m"
        case .warning: return "\u{1B}[33m\(text)\u{1B}[0m"
        case .inverse: return "\u{1B}[7m\(text)\u{1B}[0m"
        }
    }
}

/// A bar of block characters, an eighth of a column being the smallest step.
package enum Bar {
    /// A bar of `part / whole` of `width` columns. Anything above nothing shows at least the thinnest block.
    package static func text(_ part: UInt64, of whole: UInt64, width: Int) -> String {
        guard part > 0, whole > 0, width > 0 else { return "" }
        let steps = Double(min(part, whole)) / Double(whole) * Double(width * 8)
        let eighths = max(1, Int(steps.rounded()))
        let blocks: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]
        var text = String(repeating: "█", count: eighths / 8)
        if eighths % 8 > 0 { text.append(blocks[eighths % 8 - 1]) }
        return text
    }
}
