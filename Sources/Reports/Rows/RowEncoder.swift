// CSV: RFC 4180. JSON: RFC 8259, one object a line.

internal import EventTime

/// Writes rows as CSV, TSV or JSON Lines.
///
/// Values as the formats show them: times as RFC 3339, numbers as decimal digits, truth as `true` and `false`. A
/// value that a row lacks is empty in CSV and TSV and null in JSON. JSON puts times and texts in quotes; CSV and
/// TSV quote nothing, since no value holds a separator, a quote or a line end.
struct RowEncoder: ~Copyable {
    /// The rows not yet written to a file.
    var text: TextBuffer
    private let isJSON: Bool
    /// Between two values of CSV and TSV.
    private let separator: UInt8
    /// Whether the next value is the row's first.
    private var isFirst = true
    /// For each time of a row, what it said last and its text: in a window's rows they stay the same.
    private var times: [(time: Nanoseconds, text: [UInt8])] = []
    /// How many times the row has shown.
    private var timesShown = 0
    /// Where a text is put together, kept for its memory.
    private var scratch: [UInt8] = []

    /// `format` is any but the table.
    init(_ format: OutputFormat, capacity: Int) {
        precondition(format != .table, "a table has no rows of plain values")
        text = TextBuffer(capacity: capacity)
        isJSON = format == .jsonl
        separator = UInt8(ascii: format == .tsv ? "\t" : ",")
        scratch.reserveCapacity(64)
    }

    /// Appends the line before the first row, where the format has one.
    mutating func appendHeader<Row: ReportRow>(of rows: Row.Type) {
        if isJSON { return }
        for (index, name) in Row.columnNames.enumerated() {
            if index > 0 { text.append(separator) }
            text.append(name)
        }
        text.append(UInt8(ascii: "\n"))
    }

    mutating func append(_ row: some ReportRow) {
        isFirst = true
        timesShown = 0
        row.showColumns(to: &self)
        text.append(isJSON ? "}\n" : "\n" as StaticString)
    }

    /// What stands before a value: the separator, or the name.
    @inline(__always)
    private mutating func begin(_ name: StaticString) {
        if isJSON {
            text.append(jsonName: name, after: UInt8(ascii: isFirst ? "{" : ","))
        } else if !isFirst {
            text.append(separator)
        }
        isFirst = false
    }

    private mutating func quote(_ value: [UInt8]) {
        if isJSON { text.append(UInt8(ascii: "\"")) }
        text.append(value)
        if isJSON { text.append(UInt8(ascii: "\"")) }
    }

    private mutating func appendAbsent() {
        if isJSON { text.append("null" as StaticString) }
    }

    private mutating func remember(_ time: Nanoseconds, at index: Int) {
        if index == times.count { times.append((time: time, text: [])) }
        times[index].time = time
        times[index].text.removeAll(keepingCapacity: true)
        TimeText.append(time, to: &times[index].text)
    }
}

extension RowEncoder: ColumnVisitor {
    mutating func time(_ name: StaticString, _ time: Nanoseconds) {
        begin(name)
        let index = timesShown
        timesShown += 1
        if index == times.count || times[index].time != time { remember(time, at: index) }
        quote(times[index].text)
    }

    @inline(__always)
    mutating func count(_ name: StaticString, _ count: UInt64) {
        begin(name)
        text.append(decimal: count)
    }

    mutating func port(_ name: StaticString, _ port: UInt16?) {
        begin(name)
        if let port { text.append(decimal: UInt64(port)) } else { appendAbsent() }
    }

    mutating func seconds(_ name: StaticString, _ span: Nanoseconds) {
        begin(name)
        scratch.removeAll(keepingCapacity: true)
        SecondsText.append(span, to: &scratch)
        text.append(scratch)
    }

    mutating func flag(_ name: StaticString, _ flag: Bool) {
        begin(name)
        text.append(flag ? "true" : "false" as StaticString)
    }

    mutating func text(_ name: StaticString, isPresent: Bool, _ append: (inout [UInt8]) -> Void) {
        begin(name)
        guard isPresent else { return appendAbsent() }
        scratch.removeAll(keepingCapacity: true)
        append(&scratch)
        quote(scratch)
    }
}
