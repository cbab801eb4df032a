internal import EventTime

/// A kind of row that outputs are made of. Its columns are declared once, by showing them one after another to a
/// visitor: writers, headers and sorting are all visitors. So declared, a row becomes straight code without a
/// table to go through, which is what makes millions of rows a second.
protocol ReportRow {
    /// Shows every column, in the contract's order.
    func showColumns(to visitor: inout some ColumnVisitor & ~Copyable)
    /// Shows what rows can also be sorted by, though it is no column: sums.
    func showSums(to visitor: inout some ColumnVisitor & ~Copyable)
    /// Any row, for when only the names matter.
    static var blank: Self { get }
}

/// What can be done with the columns of a row. The names are the contract's.
protocol ColumnVisitor: ~Copyable {
    /// A moment, as RFC 3339 in UTC.
    mutating func time(_ name: StaticString, _ time: Nanoseconds)
    mutating func count(_ name: StaticString, _ count: UInt64)
    /// A number that a row may lack.
    mutating func port(_ name: StaticString, _ port: UInt16?)
    /// A span of time, as a number of seconds.
    mutating func seconds(_ name: StaticString, _ span: Nanoseconds)
    mutating func flag(_ name: StaticString, _ flag: Bool)
    /// A word of ours, an address or a digest, of at most ``TextCursor/longestWord`` bytes, stored as it is: it holds
    /// no quote, backslash, comma, tab or line end, and so no format has to escape anything. A row that lacks the text
    /// says so.
    mutating func text(_ name: StaticString, isPresent: Bool, _ store: (inout TextCursor) -> Void)
}

extension ColumnVisitor where Self: ~Copyable {
    @inline(__always)
    mutating func text(_ name: StaticString, _ store: (inout TextCursor) -> Void) {
        text(name, isPresent: true, store)
    }
}

extension ReportRow {
    /// The columns' names.
    static var columnNames: [String] {
        var names = NameCollector()
        blank.showColumns(to: &names)
        return names.names
    }

    /// What `--sort` takes for these rows, beside the key: sums and columns of numbers, in the order of
    /// ``Ranking``.
    static var rankingNames: [String] {
        var names = NameCollector()
        blank.showSums(to: &names)
        blank.showColumns(to: &names)
        return zip(names.names, names.areNumbers).filter(\.1).map(\.0)
    }
}

/// Ranks rows by one of their numbers.
struct Ranking<Row: ReportRow>: Sendable {
    let name: String
    private let place: Int

    /// Nil where `name` is none of ``ReportRow/rankingNames``.
    init?(_ name: String) {
        guard let place = Row.rankingNames.firstIndex(of: name) else { return nil }
        self.name = name
        self.place = place
    }

    func rank(of row: Row) -> UInt64 {
        var picker = NumberPicker(place: place)
        row.showSums(to: &picker)
        row.showColumns(to: &picker)
        return picker.number
    }
}

/// Notes what the columns are called.
private struct NameCollector: ColumnVisitor {
    private(set) var names: [String] = []
    private(set) var areNumbers: [Bool] = []

    private mutating func add(_ name: StaticString, isNumber: Bool) {
        names.append(name.description)
        areNumbers.append(isNumber)
    }

    mutating func time(_ name: StaticString, _ time: Nanoseconds) { add(name, isNumber: false) }
    mutating func count(_ name: StaticString, _ count: UInt64) { add(name, isNumber: true) }
    mutating func port(_ name: StaticString, _ port: UInt16?) { add(name, isNumber: true) }
    mutating func seconds(_ name: StaticString, _ span: Nanoseconds) { add(name, isNumber: true) }
    mutating func flag(_ name: StaticString, _ flag: Bool) { add(name, isNumber: false) }
    mutating func text(_ name: StaticString, isPresent: Bool, _ store: (inout TextCursor) -> Void) {
        add(name, isNumber: false)
    }
}

/// Reads the number at one place among a row's numbers.
private struct NumberPicker: ColumnVisitor {
    /// How many numbers come before it.
    var place: Int
    private(set) var number: UInt64 = 0

    init(place: Int) { self.place = place }

    @inline(__always)
    private mutating func offer(_ number: UInt64) {
        if place == 0 { self.number = number }
        place -= 1
    }

    mutating func time(_ name: StaticString, _ time: Nanoseconds) {}
    mutating func count(_ name: StaticString, _ count: UInt64) { offer(count) }
    mutating func port(_ name: StaticString, _ port: UInt16?) { offer(UInt64(port ?? 0)) }
    mutating func seconds(_ name: StaticString, _ span: Nanoseconds) { offer(UInt64(max(span, 0))) }
    mutating func flag(_ name: StaticString, _ flag: Bool) {}
    mutating func text(_ name: StaticString, isPresent: Bool, _ store: (inout TextCursor) -> Void) {}
}
