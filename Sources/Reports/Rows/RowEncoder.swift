// CSV: RFC 4180. JSON: RFC 8259, one object a line.

internal import EventTime

/// Writes rows as CSV, TSV or JSON Lines.
///
/// Values as the formats show them: times as RFC 3339, numbers as decimal digits, truth as `true` and `false`. A
/// value that a row lacks is empty in CSV and TSV and null in JSON. JSON puts times and texts in quotes; CSV and
/// TSV quote nothing, since no value holds a separator, a quote or a line end.
struct RowEncoder<Row: ReportRow> {
    private let columns: [Column<Row>]
    private let syntax: RowSyntax
    /// For each column, the time it showed last and its text: in a window's rows they stay the same.
    private var times: [(time: Nanoseconds, text: [UInt8])]
    /// Where a text is put together, kept for its memory.
    private var scratch: [UInt8] = []

    /// `format` is any but the table.
    init(_ format: OutputFormat) {
        columns = Row.columns
        syntax = RowSyntax(format, names: columns.map(\.name))
        times = columns.map { _ in
            var text: [UInt8] = []
            TimeText.append(0, to: &text)
            return (time: 0, text: text)
        }
    }

    /// The line before the first row, where the format has one.
    func appendHeader(to text: inout TextBuffer) { text.append(syntax.header) }

    mutating func append(_ row: Row, to text: inout TextBuffer) {
        for index in columns.indices {
            text.append(syntax.prefixes[index])
            switch columns[index].value {
            case .time(let get):
                let time = get(row)
                if times[index].time != time {
                    times[index].time = time
                    times[index].text.removeAll(keepingCapacity: true)
                    TimeText.append(time, to: &times[index].text)
                }
                appendText(times[index].text, to: &text)
            case .count(let get):
                text.append(decimal: get(row))
            case .port(let get):
                if let port = get(row) { text.append(decimal: UInt64(port)) } else { text.append(syntax.absent) }
            case .seconds(let get):
                scratch.removeAll(keepingCapacity: true)
                SecondsText.append(get(row), to: &scratch)
                text.append(scratch)
            case .flag(let get):
                text.append(get(row) ? "true" : "false" as StaticString)
            case .text(let append):
                scratch.removeAll(keepingCapacity: true)
                append(row, &scratch)
                appendText(scratch, to: &text)
            case .optionalText(let append):
                scratch.removeAll(keepingCapacity: true)
                if append(row, &scratch) { appendText(scratch, to: &text) } else { text.append(syntax.absent) }
            }
        }
        text.append(syntax.suffix)
    }

    private func appendText(_ value: [UInt8], to text: inout TextBuffer) {
        if syntax.quotesText { text.append(UInt8(ascii: "\"")) }
        text.append(value)
        if syntax.quotesText { text.append(UInt8(ascii: "\"")) }
    }
}

/// What stands between the values of a row.
struct RowSyntax {
    /// The header line with its end, or nothing.
    let header: [UInt8]
    /// What stands before each column's value.
    let prefixes: [[UInt8]]
    /// What ends a row.
    let suffix: [UInt8]
    /// What stands for a value that is not there.
    let absent: [UInt8]
    let quotesText: Bool

    init(_ format: OutputFormat, names: [String]) {
        switch format {
        case .jsonl:
            header = []
            prefixes = names.enumerated().map { Array(($0 == 0 ? "{" : ",").utf8) + Array("\"\($1)\":".utf8) }
            suffix = Array("}\n".utf8)
            absent = Array("null".utf8)
            quotesText = true
        case .csv, .tsv:
            let separator = format == .csv ? "," : "\t"
            header = Array((names.joined(separator: separator) + "\n").utf8)
            prefixes = names.indices.map { $0 == 0 ? [] : Array(separator.utf8) }
            suffix = Array("\n".utf8)
            absent = []
            quotesText = false
        case .table:
            preconditionFailure("a table has no rows of plain values")
        }
    }
}
