internal import EventTime
internal import Flows
internal import HostStatistics

/// One `-o`: rows of one kind in one format, on their way to one file. Several tables may share a file.
protocol ReportOutput: AnyObject {
    var kind: OutputKind { get }
    var file: OutputFile { get }

    /// Puts down what stands before the first row of an empty file.
    func begin() throws(ReportError)
    func write(_ report: WindowReport) throws(ReportError)
    func write(_ flows: [FlowRecord]) throws(ReportError)
    /// Hands all rows so far to the kernel.
    func flush() throws(ReportError)
    /// Writes all that is left, and what can only be written at the end. Does not close the file.
    func finish() throws(ReportError)
    /// Writes what rows to come depend on, beside the file itself.
    func encodeState(into state: inout StateEncoder)
    /// Takes up what ``encodeState(into:)`` wrote, in an output that has got no rows.
    func restoreState(from state: inout StateDecoder) throws(StateError)
}

/// Most rows depend on nothing but themselves.
extension ReportOutput {
    func encodeState(into state: inout StateEncoder) {}
    func restoreState(from state: inout StateDecoder) throws(StateError) {}
}

/// Rows of one kind as CSV, TSV or JSON Lines, written a good many at a time.
struct RowFile<Row: ReportRow>: ~Copyable {
    /// Bytes that come together before they are written. Of the powers of two, writing costs the kernel least with this
    /// one (ext4): more calls cost more, and from 512 KiB on it looks for larger pages than it finds at once.
    static var flushSize: Int { 1 << 18 }

    let file: OutputFile
    private var encoder: RowEncoder<Row>

    init(_ format: OutputFormat, _ file: OutputFile) {
        self.file = file
        encoder = RowEncoder(format, capacity: Self.flushSize + 4096)
    }

    mutating func appendHeader() { encoder.appendHeader() }

    mutating func append(_ row: Row) throws(ReportError) {
        encoder.append(row)
        if encoder.text.count >= Self.flushSize { try flush() }
    }

    mutating func flush() throws(ReportError) { try file.write(&encoder.text) }
}
