/// One `-o [KIND:]DEST`: what is written, where, and how.
///
/// Only a known kind before the first colon is a kind; any other colon belongs to the path, so that
/// `C:report.csv` and `foo:bar.csv` are files. A file whose name begins with a kind and a colon is written with
/// its folder: `./hosts:today.csv`.
public struct OutputSpecification: Hashable, Sendable {
    public enum Destination: Hashable, Sendable {
        case standardOutput
        case file(path: String)
    }

    public var kind: OutputKind
    public var format: OutputFormat
    public var destination: Destination

    public init(kind: OutputKind, format: OutputFormat, destination: Destination) {
        self.kind = kind
        self.format = format
        self.destination = destination
    }

    /// Reads the argument of one `-o`. `format` is that of `--format`; without it a file's extension decides,
    /// and standard output gets a table.
    public init(parsing argument: String, format: OutputFormat? = nil) throws(ReportError) {
        let (kind, destination) = try Self.splitKind(argument)
        guard !destination.isEmpty else { throw .emptyDestination(argument: argument) }
        self.kind = kind
        if destination == "-" {
            self.destination = .standardOutput
            self.format = format ?? .table
        } else {
            self.destination = .file(path: destination)
            if let format { self.format = format } else { self.format = try Self.format(ofFile: destination) }
        }
    }

    /// Reads all the outputs of a command line: none means a hosts report on standard output. No two may go to
    /// one place, but for tables on standard output.
    public static func parse(
        _ arguments: [String], format: OutputFormat? = nil
    ) throws(ReportError) -> [OutputSpecification] {
        if arguments.isEmpty {
            return [OutputSpecification(kind: .hosts, format: format ?? .table, destination: .standardOutput)]
        }
        var outputs: [OutputSpecification] = []
        for argument in arguments {
            outputs.append(try OutputSpecification(parsing: argument, format: format))
        }
        try checkDestinations(of: outputs)
        return outputs
    }

    static func checkDestinations(of outputs: [OutputSpecification]) throws(ReportError) {
        for (index, output) in outputs.enumerated() {
            for earlier in outputs[..<index] where earlier.place == output.place {
                let areTables = output.format == .table && earlier.format == .table
                if areTables, output.destination == .standardOutput, earlier.kind != output.kind { continue }
                throw .sameDestination(output.place)
            }
        }
    }

    /// The destination's name, the same for `a.csv` and `./a.csv`.
    private var place: String {
        switch destination {
        case .standardOutput: return "-"
        case .file(let path):
            let parts = path.split(separator: "/").filter { $0 != "." }
            return (path.hasPrefix("/") ? "/" : "") + parts.joined(separator: "/")
        }
    }

    private static func splitKind(_ argument: String) throws(ReportError) -> (OutputKind, destination: String) {
        guard let colon = argument.firstIndex(of: ":") else { return (.hosts, argument) }
        let word = String(argument[..<colon])
        let rest = String(argument[argument.index(after: colon)...])
        if let kind = OutputKind(rawValue: word) { return (kind, rest) }
        if OutputKind.planned.contains(word) { throw .plannedKind(word) }
        return (.hosts, argument)
    }

    private static func format(ofFile path: String) throws(ReportError) -> OutputFormat {
        let name = path.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else {
            throw .unknownExtension("", path: path)
        }
        let word = name[name.index(after: dot)...].lowercased()
        if OutputFormat.planned.contains(word) { throw .plannedFormat(word) }
        guard let format = OutputFormat(rawValue: word), OutputFormat.extensions.contains(format) else {
            throw .unknownExtension(word, path: path)
        }
        return format
    }
}
