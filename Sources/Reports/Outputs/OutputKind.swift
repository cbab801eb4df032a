/// What an output's rows are about.
public enum OutputKind: String, Sendable, CaseIterable {
    /// One row per host and window.
    case hosts
    /// One row per window.
    case totals
    /// One row per flow that ended.
    case flows

    /// Kinds that the contract names and this version does not write.
    static let planned = ["conversations", "services", "protocols", "alerts"]
}

/// How an output's rows are written.
public enum OutputFormat: String, Sendable, CaseIterable {
    /// Aligned columns for people.
    case table
    /// RFC 4180 with a header line; lines end with LF.
    case csv
    /// The same with tabs for commas.
    case tsv
    /// One JSON object a line.
    case jsonl

    /// Formats that the contract names and this version does not write.
    static let planned = ["ecs", "sqlite", "html"]

    /// Formats that a file's extension can name.
    static let extensions: [OutputFormat] = [.csv, .tsv, .jsonl]

    /// Reads the argument of `--format`.
    public init(name: String) throws(ReportError) {
        if let format = OutputFormat(rawValue: name) {
            self = format
        } else if Self.planned.contains(name) {
            throw .plannedFormat(name)
        } else {
            throw .unknownFormat(name)
        }
    }
}
