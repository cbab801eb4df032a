internal import EventTime

/// One column of a kind of row: its name and where its value comes from. Every format, and sorting, goes by this
/// one declaration.
struct Column<Row>: Sendable {
    enum Value: Sendable {
        /// RFC 3339 in UTC.
        case time(@Sendable (Row) -> Nanoseconds)
        case count(@Sendable (Row) -> UInt64)
        /// A number that a row may lack: null in JSON, empty in CSV and TSV.
        case port(@Sendable (Row) -> UInt16?)
        /// A span of time, written as seconds.
        case seconds(@Sendable (Row) -> Nanoseconds)
        case flag(@Sendable (Row) -> Bool)
        /// A word of ours, an address or a digest, appended as it is: it holds no quote, backslash, comma, tab or
        /// line end, and so no format has to escape anything.
        case text(@Sendable (Row, inout [UInt8]) -> Void)
        /// The same for a text that a row may lack: false where nothing was appended.
        case optionalText(@Sendable (Row, inout [UInt8]) -> Bool)
    }

    let name: String
    let value: Value

    init(_ name: String, _ value: Value) {
        self.name = name
        self.value = value
    }

    /// Its value as a sort key, or nil where rows cannot be ranked by it.
    var rank: (@Sendable (Row) -> UInt64)? {
        switch value {
        case .count(let get): get
        case .port(let get): { UInt64(get($0) ?? 0) }
        case .seconds(let get): { UInt64(max(get($0), 0)) }
        case .time, .flag, .text, .optionalText: nil
        }
    }
}

/// A kind of row that outputs are made of.
protocol ReportRow {
    /// In the contract's order.
    static var columns: [Column<Self>] { get }
    /// What rows can also be sorted by, though it is no column: sums.
    static var sums: [Column<Self>] { get }
}

extension ReportRow {
    /// What `--sort` takes for these rows, beside the key.
    static var rankings: [String: @Sendable (Self) -> UInt64] {
        var rankings: [String: @Sendable (Self) -> UInt64] = [:]
        for column in sums + columns {
            if let rank = column.rank { rankings[column.name] = rank }
        }
        return rankings
    }

    static var rankingNames: [String] { (sums + columns).filter { $0.rank != nil }.map(\.name) }
}
