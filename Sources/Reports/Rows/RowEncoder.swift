// CSV: RFC 4180. JSON: RFC 8259, one object a line.

internal import EventTime

/// Writes rows of one kind as CSV, TSV or JSON Lines.
///
/// Values as the formats show them: times as RFC 3339, numbers as decimal digits, truth as `true` and `false`. A
/// value that a row lacks is empty in CSV and TSV and null in JSON. JSON puts times and texts in quotes; CSV and
/// TSV quote nothing, since no value holds a separator, a quote or a line end.
struct RowEncoder<Row: ReportRow>: ~Copyable {
    /// The rows not yet written to a file.
    var text: TextBuffer
    private let isJSON: Bool
    /// Between two values.
    private let separator: UInt8
    /// For each time of a row, what it said last: in a window's rows it stays the same.
    private let times: UnsafeMutablePointer<KnownTime>
    private let longestLine: Int

    /// `format` is any but the table.
    init(_ format: OutputFormat, capacity: Int) {
        precondition(format != .table, "a table has no rows of plain values")
        text = TextBuffer(capacity: capacity)
        isJSON = format == .jsonl
        separator = UInt8(ascii: format == .tsv ? "\t" : ",")
        var room = LineRoom()
        Row.blank.showColumns(to: &room)
        longestLine = room.longest
        times = .allocate(capacity: room.times)
        times.initialize(repeating: KnownTime(0), count: room.times)
    }

    deinit { times.deallocate() }

    /// Appends the line before the first row, where the format has one.
    mutating func appendHeader() {
        if isJSON { return }
        for (index, name) in Row.columnNames.enumerated() {
            if index > 0 { text.append(separator) }
            text.append(name)
        }
        text.append(UInt8(ascii: "\n"))
    }

    mutating func append(_ row: Row) {
        if isJSON { append(row, as: JSONStyle.self) } else { append(row, as: SeparatedStyle.self) }
    }

    @inline(__always)
    private mutating func append<Style: LineStyle>(_ row: Row, as style: Style.Type) {
        let (separator, times) = (separator, times)
        text.append(atMost: longestLine) { text in
            var line = RowLine<Style>(at: text, separator: separator, times: times)
            row.showColumns(to: &line)
            text = line.finished()
        }
    }
}
