/// Rows of a CSV report by the names of their columns. The reports quote nothing, as no value of theirs needs it.
public struct ReportRows: Sendable {
    public struct Row: Sendable {
        public var values: [String: String]

        public subscript(_ column: String) -> String { values[column] ?? "" }
        /// A column that holds a number; -1 where it does not.
        public func number(_ column: String) -> Int { values[column].flatMap { Int($0) } ?? -1 }
        public var window: String { self["window_start"] + "/" + self["window_end"] }
        /// The six counts of a row of the `hosts` report.
        public var hostCounts: [Int] {
            [
                "packets_sent", "packets_received", "bytes_sent", "bytes_received", "wire_bytes_sent",
                "wire_bytes_received",
            ].map(number)
        }
    }

    public private(set) var rows: [Row] = []
    public private(set) var columns: [String] = []

    public init(csv text: String) {
        for line in text.split(separator: "\n") {
            let values = line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            if columns.isEmpty {
                columns = values
            } else {
                rows.append(Row(values: Dictionary(zip(columns, values), uniquingKeysWith: { first, _ in first })))
            }
        }
    }

    public func sum(_ column: String) -> Int { rows.reduce(0) { $0 + $1.number(column) } }

    /// The rows of each window.
    public var byWindow: [String: [Row]] { Dictionary(grouping: rows, by: \.window) }
}
