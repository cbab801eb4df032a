internal import EventTime

/// One column of a table for people.
package struct TableColumn {
    package enum Side {
        case left
        case right
    }

    package let title: String
    package let side: Side
    package let emphasis: Emphasis
    /// Which columns go first where there is no room: the largest. 0 stays.
    let expendability: Int
    /// How narrow its cells may be cut; nil for cells that stay whole.
    let narrowest: Int?
    /// Room kept from the start, so that a column seldom widens from one window to the next.
    let expected: Int

    package init(
        _ title: String, _ side: Side, expected: Int = 0, expendability: Int = 0, narrowest: Int? = nil,
        emphasis: Emphasis = .plain
    ) {
        self.title = title
        self.side = side
        self.expected = expected
        self.expendability = expendability
        self.narrowest = narrowest
        self.emphasis = emphasis
    }
}

/// Aligns cells in a given width. Columns only ever widen, so that the windows of a run stay in line.
///
/// All text here is of characters one column wide.
package struct TableLayout {
    package static let indent = 2
    package static let spacing = 2

    package let columns: [TableColumn]
    let width: Int
    private var natural: [Int]
    /// The columns that fit, and how wide they are shown.
    package private(set) var shown: [(column: Int, width: Int)] = []

    package init(_ columns: [TableColumn], width: Int) {
        self.columns = columns
        self.width = width
        natural = columns.map { max($0.title.count, $0.expected) }
        choose()
    }

    /// Makes room for rows of cells, one for each column.
    package mutating func fit(_ rows: [[String]]) {
        for row in rows {
            for (column, cell) in row.enumerated() { natural[column] = max(natural[column], cell.count) }
        }
        choose()
    }

    /// The columns' widths so far, whatever is shown of them.
    func encodeState(into state: inout StateEncoder) { natural.encode(into: &state) }

    mutating func restoreState(from state: inout StateDecoder) throws(StateError) {
        let widths = try [Int](from: &state)
        guard widths.count == columns.count, widths.allSatisfy({ (0...1 << 16).contains($0) }) else {
            throw state.invalid("columns of another table")
        }
        natural = widths
        choose()
    }

    /// Columns of the terminal that a line leaves free.
    package var spare: Int { max(0, width - Self.length(shown.map(\.width))) }

    func header(_ paint: Paint) -> String {
        line(columns.map(\.title), paint, emphasis: { _ in .dim })
    }

    func row(_ cells: [String], _ paint: Paint) -> String {
        line(cells, paint, emphasis: { columns[$0].emphasis })
    }

    /// Ends without a line feed; a left-aligned last cell is not padded.
    private func line(_ cells: [String], _ paint: Paint, emphasis: (Int) -> Emphasis) -> String {
        var line = String(repeating: " ", count: Self.indent)
        for (place, entry) in shown.enumerated() {
            if place > 0 { line += String(repeating: " ", count: Self.spacing) }
            let cell = Self.shorten(cells[entry.column], to: entry.width)
            let padding = String(repeating: " ", count: entry.width - cell.count)
            let painted = paint(cell, emphasis(entry.column))
            switch columns[entry.column].side {
            case .left: line += place == shown.count - 1 ? painted : painted + padding
            case .right: line += padding + painted
            }
        }
        return line
    }

    /// Leaves out the most expendable columns until the rest fit, then cuts the cells of those that allow it.
    private mutating func choose() {
        var kept = Array(columns.indices)
        while Self.length(kept.map { natural[$0] }) > width {
            let candidate = kept.filter { columns[$0].expendability > 0 }
                .max { columns[$0].expendability < columns[$1].expendability }
            guard let candidate else { break }
            kept.removeAll { $0 == candidate }
        }
        var widths = kept.map { natural[$0] }
        while Self.length(widths) > width {
            let candidate = kept.indices
                .filter { widths[$0] > columns[kept[$0]].narrowest ?? .max }
                .max { widths[$0] < widths[$1] }
            guard let candidate else { break }
            widths[candidate] -= 1
        }
        shown = zip(kept, widths).map { (column: $0, width: $1) }
    }

    private static func length(_ widths: [Int]) -> Int {
        indent + widths.reduce(0, +) + spacing * max(0, widths.count - 1)
    }

    /// Cuts the middle out, where addresses differ least.
    package static func shorten(_ text: String, to width: Int) -> String {
        guard text.count > width else { return text }
        guard width > 1 else { return String(text.prefix(width)) }
        let tail = (width - 1) / 2
        return "\(text.prefix(width - 1 - tail))…\(text.suffix(tail))"
    }
}
