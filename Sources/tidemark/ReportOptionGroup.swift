import ArgumentParser
import Reports

/// Where reports go and how they look.
struct ReportOptionGroup: ParsableArguments {
    @Option(
        name: [.short, .long],
        help: ArgumentHelp(
            """
            Write a report (repeatable). Kind: hosts (default), totals or flows; destination: a file, its format by \
            the extension .csv, .tsv or .jsonl, or '-'. A file name with a colon after one of these words: ./NAME.
            """,
            valueName: "[kind:]dest"))
    var output: [String] = []

    @Option(help: "Format on standard output, or whatever the extension: table, csv, tsv or jsonl.")
    var format: String?

    @Option(help: ArgumentHelp("Only the first rows of each window. (default: 10 in tables)", valueName: "n"))
    var top: Int?

    @Option(
        help: ArgumentHelp(
            "Rank rows by a column, largest first; also packets, bytes, wire_bytes (sent and received) or host.",
            valueName: "field"))
    var sort: String?

    func specifications() throws(ReportError) -> [OutputSpecification] {
        var chosen: OutputFormat?
        if let format { chosen = try OutputFormat(name: format) }
        return try OutputSpecification.parse(output, format: chosen)
    }

    func options(flushesEachWindow: Bool) -> ReportOptions {
        ReportOptions(
            top: top, sort: sort, terminal: Terminal(descriptor: 1), flushesEachWindow: flushesEachWindow)
    }
}
