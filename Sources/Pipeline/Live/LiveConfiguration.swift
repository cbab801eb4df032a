public import Capture
public import EventTime
import Packets
import Reports

/// Everything a live capture is told to do.
public struct LiveConfiguration: Sendable {
    public var interfaces: [String]
    public var capture = LiveOptions()
    /// What a replay would be told: windows, limits, outputs. Its inputs, filter and speed have no part in this.
    public var analysis = ReplayConfiguration(inputs: [])
    /// Ends after so much time.
    public var duration: Nanoseconds?
    public var recording: RecordingOptions?

    public init(interfaces: [String]) { self.interfaces = interfaces }
}

/// Where packets are recorded, with tcpdump's meanings of `-w`, `-C`, `-G` and `-W`.
public struct RecordingOptions: Hashable, Sendable {
    /// A file name; with ``seconds``, strftime(3) replaces its conversions.
    public var path: String
    /// `-C`: begins another file before a packet once the file is larger than so many million bytes.
    public var megabytes: UInt64?
    /// `-G`: begins another file with the first packet so many seconds after the file was begun.
    public var seconds: Int64?
    /// `-W`: with ``megabytes``, files before the first is overwritten; with ``seconds`` alone, files before the run
    /// ends.
    public var fileCount: Int?

    public init(path: String) { self.path = path }
}

/// How a live capture stands, for whoever watches it.
public struct LiveStatus: Sendable {
    public var statistics = LiveStatistics()
    /// Packets analysed, and the bytes of their IP layers.
    public var packets: UInt64 = 0
    public var bytes: UInt64 = 0
    /// Too late for every window.
    public var latePackets: UInt64 = 0
    /// Windows and flows reported.
    public var windows: UInt64 = 0
    public var flows: UInt64 = 0
    /// The event time that it is.
    public var now: Nanoseconds = 0
}

/// Where others take part in a live capture. All but ``reports`` are called on the thread that runs the job.
public struct LiveHooks {
    /// Interfaces are open, and nothing has been created yet: the time to become another user.
    public var afterCapturing: () throws -> Void = {}
    /// Interfaces, outputs and the recording are open, and no thread has been started: the time to drop rights and to
    /// say that the service is ready.
    public var afterOpening: () throws -> Void = {}
    /// Called again and again, at least ten times a second.
    public var eachPass: (LiveStatus) -> Void = { _ in }
    /// Sees what is reported, on the thread that writes.
    public var reports: ReportObserver?
    /// Capturing has ended; what is left is now written.
    public var atEnd: () -> Void = {}

    public init() {}
}

/// Why a live capture cannot be recorded as asked.
public enum RecordingError: Error, Hashable, Sendable, CustomStringConvertible {
    /// A pcap file has one link type for all packets.
    case linkTypesDiffer(String, UInt32, String, UInt32)

    public var description: String {
        switch self {
        case .linkTypesDiffer(let first, let firstType, let second, let secondType):
            """
            -w: one file cannot hold the packets of \(first) (link type \(firstType)) and \(second) (link type \
            \(secondType)); capture them one by one, or 'any'
            """
        }
    }
}

extension LiveConfiguration {
    /// Refuses what would go wrong before anything is created. Throws ``RecordingError`` and ``ReportError``.
    func checkOutputs(linkTypes: [(name: String, linkType: LinkType)]) throws {
        guard let recording else { return }
        for (name, linkType) in linkTypes where linkType != linkTypes[0].linkType {
            throw RecordingError.linkTypesDiffer(
                linkTypes[0].name, linkTypes[0].linkType.rawValue, name, linkType.rawValue)
        }
        let identity = FileIdentity(path: recording.path)
        for output in analysis.outputs {
            guard case .file(let path) = output.destination else { continue }
            if path == recording.path || (identity != nil && identity == FileIdentity(path: path)) {
                throw ReportError.sameDestination(path)
            }
        }
    }
}
