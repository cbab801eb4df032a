/// A line as a terminal is to get it.
struct FrameLine: Equatable {
    var text: String
    /// Whether it reaches the last column.
    var isFull: Bool
}

/// Turns frames into what a terminal is to be sent: only the lines that changed, and all at once where the terminal can
/// (synchronized output, which others ignore), so that nothing flickers.
struct FrameWriter {
    private var shown: [FrameLine]?

    /// The next frame is drawn whole, on a cleared screen: after a resize, or when another program has written.
    mutating func invalidate() { shown = nil }

    /// What to write so that `lines` are on the screen; nil where they are already.
    mutating func update(to lines: [FrameLine]) -> String? {
        defer { shown = lines }
        let old = shown.flatMap { $0.count == lines.count ? $0 : nil }
        var text = old == nil ? "\u{1B}[2J" : ""
        for (row, line) in lines.enumerated() where old?[row] != line {
            // Line and column count from 1. The rest of the old line is erased after it is written over, but for a full
            // line: behind that the cursor stands on its last character.
            text += "\u{1B}[\(row + 1);1H\(line.text)\u{1B}[0m" + (line.isFull ? "" : "\u{1B}[K")
        }
        return text.isEmpty ? nil : "\u{1B}[?2026h\(text)\u{1B}[?2026l"
    }
}
