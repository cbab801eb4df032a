internal import EventTime
public import Flows
public import HostStatistics

/// How rows are chosen and shown, whatever they are written to.
public struct ReportOptions: Hashable, Sendable {
    /// Only so many rows of each window, and of all flows; nil: all in files, ten in tables.
    public var top: Int?
    /// The field that ranks rows, the largest first: a numeric column, the sum `packets`, `bytes` or
    /// `wire_bytes`, or `host` for the order of addresses. nil: by address in files, by bytes in tables.
    public var sort: String?
    /// What standard output shows. Tables in files have its width and no colour.
    public var terminal: Terminal
    /// Writes each window's rows at once, for readers that wait for them, instead of 256 KiB at a time.
    public var flushesEachWindow: Bool

    public init(
        top: Int? = nil, sort: String? = nil, terminal: Terminal = Terminal(), flushesEachWindow: Bool = false
    ) {
        self.top = top
        self.sort = sort
        self.terminal = terminal
        self.flushesEachWindow = flushesEachWindow
    }
}

extension ReportOptions {
    /// The hosts of a window that outputs will write, where that is known before there are any and all outputs want the
    /// same; `nil` where rows of all hosts are to be made.
    public func hostChoice(of outputs: [OutputSpecification]) -> HostChoice? {
        let choices = Set(outputs.filter { $0.kind == .hosts }.map { hostChoice(in: $0.format) })
        return choices.count == 1 ? choices.first ?? nil : nil
    }

    private func hostChoice(in format: OutputFormat) -> HostChoice? {
        let limit = format == .table ? top ?? HostTable.defaultTop : top
        let field = format == .table ? HostTable.rankingField(sort) : sort
        guard let limit else { return nil }
        guard let field, Ranking<HostLine>(field) != nil else { return HostChoice(limit: limit, measure: nil) }
        return HostMeasure(rawValue: field).map { HostChoice(limit: limit, measure: $0) }
    }
}

/// Writes windows and flows to all outputs of a run.
///
/// The process is to ignore SIGPIPE. When the reader of standard output has gone, the other outputs go on; when
/// there is no other, each call throws ``ReportError/readerGone``. Any other error is the end of the run: what was
/// written stays, and ``finish(summary:)`` saves what the other outputs hold.
///
/// To be used by one thread at a time.
public final class ReportWriter {
    private let outputs: [any ReportOutput]
    private let files: [OutputFile]
    private let options: ReportOptions

    /// Creates all files, empties those that exist, and writes headers.
    public convenience init(
        outputs: [OutputSpecification], options: ReportOptions = ReportOptions()
    ) throws(ReportError) {
        try self.init(outputs: outputs, options: options, standardOutput: OutputFile(descriptor: 1))
    }

    /// Goes on where another writer committed: files are cut back to their positions. Throws ``ReportError``, and
    /// ``StateError`` where the commit is of other outputs.
    public convenience init(
        outputs: [OutputSpecification], options: ReportOptions = ReportOptions(), resuming commit: ReportCommit?
    ) throws {
        try self.init(
            outputs: outputs, options: options, standardOutput: OutputFile(descriptor: 1), resuming: commit)
        if let commit { try take(up: commit) }
    }

    /// Cuts the files back and hands the outputs their state.
    private func take(up commit: ReportCommit) throws {
        guard files.map(\.name) == commit.files.map(\.name) else {
            throw StateError.unreadable("the outputs are not those of the checkpoint")
        }
        var state = StateDecoder(commit.state)
        for output in outputs { try output.restoreState(from: &state) }
        try state.finish()
        for (file, place) in zip(files, commit.files) { try file.goOn(at: Int(place.position)) }
    }

    /// Hands all rows so far to the kernel, and says what there is.
    public func commit() throws(ReportError) -> ReportCommit {
        try flush()
        return committed
    }

    /// What was written; nothing is held back.
    public var committed: ReportCommit {
        let state = StateEncoder.bytes { state in
            for output in outputs { output.encodeState(into: &state) }
        }
        return ReportCommit(files: files.map(\.committed), state: state)
    }

    /// The files, to be flushed to disk on another thread, also after they were closed here.
    public var openFiles: ReportFiles { ReportFiles(files) }

    init(
        outputs specifications: [OutputSpecification], options: ReportOptions, standardOutput: OutputFile,
        resuming commit: ReportCommit? = nil
    ) throws(ReportError) {
        // Everything that can be wrong with the words is found before any file is emptied.
        try Self.check(specifications, options)
        try OutputSpecification.checkDestinations(of: specifications)
        var outputs: [any ReportOutput] = []
        var files: [OutputFile] = []
        for specification in specifications {
            let file: OutputFile
            switch specification.destination {
            case .standardOutput:
                file = standardOutput
                if !files.contains(where: { $0 === file }) { files.append(file) }
            case .file(let path):
                if let place = commit?.files.first(where: { $0.name == path }), place.canBeCutBack {
                    file = try OutputFile(pathAsItIs: path)
                } else {
                    file = try OutputFile(path: path)
                }
                if files.contains(where: { $0.isSameFile(as: file) }) { throw .sameDestination(path) }
                files.append(file)
            }
            outputs.append(Self.output(specification, file, options))
        }
        self.outputs = outputs
        self.files = files
        self.options = options
        if commit == nil { for output in outputs { try output.begin() } }
    }

    public var wantsHosts: Bool { wants(.hosts) }
    public var wantsTotals: Bool { wants(.totals) }
    public var wantsFlows: Bool { wants(.flows) }

    private func wants(_ kind: OutputKind) -> Bool { outputs.contains { $0.kind == kind } }

    /// Bytes that the kernel has taken of each file, in the order of the outputs.
    public var positions: [(name: String, position: Int)] { files.map { ($0.name, $0.position) } }

    /// Writes a window's rows. Windows come in order of end, then start; late revisions as they come.
    public func write(_ report: WindowReport) throws(ReportError) {
        for output in outputs {
            try output.write(report)
            if options.flushesEachWindow || isShown(output.file) { try output.flush() }
        }
        try checkReaders()
    }

    /// Takes flows that ended.
    public func write(_ flows: [FlowRecord]) throws(ReportError) {
        guard !flows.isEmpty else { return }
        for output in outputs {
            try output.write(flows)
            if options.flushesEachWindow || isShown(output.file) { try output.flush() }
        }
        try checkReaders()
    }

    /// Hands all rows so far to the kernel.
    public func flush() throws(ReportError) {
        for output in outputs { try output.flush() }
        try checkReaders()
    }

    /// Opens all files again under their names, as after a log rotation has moved them away. A file that is still
    /// there, or there again, is added to.
    public func reopen() throws(ReportError) {
        try flush()
        for file in files where try file.reopen() {
            for output in outputs where output.file === file { try output.begin() }
        }
    }

    /// Hands all rows so far to the kernel and closes the files: the run will be resumed, and nothing stands under the
    /// rows.
    public func close() throws(ReportError) {
        try flush()
        for file in files { try file.close() }
    }

    /// Writes what is left, the summary under the tables, and closes the files. The end of the run: a reader that
    /// has gone is no error any more. Where one file fails, the others are finished all the same, also after
    /// another call has thrown; then the first error is thrown.
    public func finish(summary: RunSummary) throws(ReportError) {
        var firstError: ReportError?
        for output in outputs {
            do throws(ReportError) { try output.finish() } catch { firstError = firstError ?? error }
        }
        for file in files {
            do throws(ReportError) { try close(file, summary) } catch { firstError = firstError ?? error }
        }
        if let firstError { throw firstError }
    }

    private func close(_ file: OutputFile, _ summary: RunSummary) throws(ReportError) {
        if outputs.contains(where: { $0 is TableOutput && $0.file === file }) {
            var text = TextBuffer(capacity: 1024)
            text.append(SummaryTable(paint: Self.paint(file, options)).text(of: summary))
            try file.write(&text)
        }
        try file.close()
    }

    private func isShown(_ file: OutputFile) -> Bool {
        file.isStandardOutput && options.terminal.isTerminal
    }

    private static func paint(_ file: OutputFile, _ options: ReportOptions) -> Paint {
        Paint(isOn: file.isStandardOutput && options.terminal.usesColour)
    }

    private func checkReaders() throws(ReportError) {
        if !files.isEmpty, files.allSatisfy(\.isAbandoned) { throw .readerGone }
    }

    private static func output(
        _ specification: OutputSpecification, _ file: OutputFile, _ options: ReportOptions
    ) -> any ReportOutput {
        let format = specification.format
        switch (specification.kind, format) {
        case (let kind, .table):
            return TableOutput(
                kind, file, sort: options.sort, top: options.top, width: options.terminal.width,
                paint: paint(file, options))
        case (.hosts, _): return HostRowOutput(format, file, sort: options.sort, top: options.top)
        case (.totals, _): return TotalsRowOutput(format, file)
        case (.flows, _): return FlowRowOutput(format, file, sort: options.sort, top: options.top)
        }
    }

    /// A field must rank the rows of one output at least; an output whose rows lack it keeps its own order.
    private static func check(_ outputs: [OutputSpecification], _ options: ReportOptions) throws(ReportError) {
        if let top = options.top, top < 1 { throw .badTop(top) }
        guard let field = options.sort else { return }
        var known: [String] = []
        for output in outputs {
            switch output.kind {
            case .hosts: known += ["host"] + HostLine.rankingNames
            case .flows: known += FlowRecord.rankingNames
            case .totals: break
            }
        }
        guard !known.isEmpty, !known.contains(field) else { return }
        var seen: Set<String> = []
        throw .unknownSortField(field, known: known.filter { seen.insert($0).inserted })
    }
}
