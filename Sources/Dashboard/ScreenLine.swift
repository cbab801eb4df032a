internal import Reports

/// A line of the screen: pieces of text, each with its emphasis. All characters are one column wide.
struct ScreenLine {
    private var pieces: [(text: String, emphasis: Emphasis)] = []
    private(set) var width = 0

    init() {}

    init(_ text: String, _ emphasis: Emphasis = .plain) { append(text, emphasis) }

    mutating func append(_ text: String, _ emphasis: Emphasis = .plain) {
        pieces.append((text, emphasis))
        width += text.count
    }

    /// Appends text so that it ends in the last of `columns`, where there is room for it and a space before it.
    mutating func appendRight(_ text: String, _ emphasis: Emphasis = .plain, columns: Int) {
        guard width + 1 + text.count <= columns else { return }
        append(String(repeating: " ", count: columns - width - text.count))
        append(text, emphasis)
    }

    /// The line as a terminal is to get it, no wider than `columns`.
    func frameLine(columns: Int, paint: Paint) -> FrameLine {
        var left = columns
        var text = ""
        for piece in pieces where left > 0 {
            let cut = piece.text.prefix(left)
            left -= cut.count
            text += paint(String(cut), piece.emphasis)
        }
        return FrameLine(text: text, isFull: left == 0)
    }
}
