import Capture
import CheckpointStore
import EventTime
import Flows
import HostStatistics
import Packets

// Packets that wait for their turn are still in the captures, where those are files: a checkpoint need not hold them, if
// it says from where on to read them again.

/// What a checkpoint says of the packets that wait, in place of them.
struct Rereading: StateValue {
    /// All of them come from here on, and up to where the run goes on.
    var start: SourceProgress
    /// Packets of before this time do not wait any more, and some of this time perhaps.
    var released: Nanoseconds
    /// So many wait: the last ones, in the order of their times.
    var count: UInt64

    init(start: SourceProgress, released: Nanoseconds, count: Int) {
        self.start = start
        self.released = released
        self.count = UInt64(count)
    }

    func encode(into state: inout StateEncoder) {
        start.encode(into: &state)
        state.encode(released)
        state.encode(count)
    }

    init(from state: inout StateDecoder) throws(StateError) {
        start = try SourceProgress(from: &state)
        released = try state.decode()
        count = try state.decode()
        guard count <= UInt64(ReplayLimits.waitingPackets) else {
            throw state.invalid("\(count) packets wait where \(ReplayLimits.waitingPackets) may")
        }
    }
}

/// Remembers how far the captures had been read when the newest packet was of which time.
struct ReadingMarks {
    private struct Mark {
        var progress: CaptureProgress
        var newest: Nanoseconds
    }

    /// Packets between two marks: at most so many are read again without need.
    static let usualSpacing: UInt64 = 1 << 14

    private let spacing: UInt64
    private let names: [String]
    /// Times rise. All packets of before the first mark have been released.
    private var marks: [Mark]
    private var next: UInt64

    /// `start`: where a run begins, or went on after a restart.
    init(start: CaptureProgress, names: [String], spacing: UInt64 = usualSpacing) {
        self.spacing = spacing
        self.names = names
        marks = [Mark(progress: start, newest: .min)]
        next = start.packetsReceived + spacing
    }

    /// To be told after each batch: the time of the newest packet, and that before which packets were released.
    mutating func note(_ stream: CaptureStream, newest: Nanoseconds, released: Nanoseconds) {
        guard stream.packetsReceived >= next else { return }
        next = stream.packetsReceived + spacing
        forget(before: released)
        marks.append(Mark(progress: stream.progress, newest: newest))
    }

    /// From where on all packets come that were not released before this time.
    mutating func start(before released: Nanoseconds) -> SourceProgress {
        forget(before: released)
        var start = SourceProgress()
        start.names = names
        start.progress = marks[0].progress
        return start
    }

    private mutating func forget(before released: Nanoseconds) {
        let passed = marks.prefix { $0.newest < released }.count
        marks.removeFirst(max(0, passed - 1))
    }
}

extension RestoredReplay {
    /// Where the captures are to be opened.
    var start: CaptureProgress { intake?.rereading?.start.progress ?? run.progress.progress }

    /// Reads the packets again that wait, where the checkpoint does not hold them; the stream, opened at ``start``, is
    /// then where the run goes on. Throws ``CheckpointMismatch`` where the captures have others.
    func readWaiting(from stream: CaptureStream, for configuration: ReplayConfiguration) throws(CheckpointMismatch)
    {
        guard let intake, let rereading = intake.rereading else { return }
        let decoder = PacketDecoder(layer: configuration.layer)
        let end = run.progress.progress
        var isAsItWas = true
        while stream.packetsReceived < end.packetsReceived,
            stream.readBatch(upTo: Int(clamping: end.packetsReceived - stream.packetsReceived))
        {
            stream.forEachPacket { record, frame in
                guard record.isTimed, record.timestamp >= rereading.released,
                    configuration.windows.holds(record.timestamp)
                else { return }
                let packet = decoder.decode(
                    frame, originalLength: record.originalLength, linkType: record.linkType)
                if !intake.wait(FlowPacket(packet, time: record.timestamp)) { isAsItWas = false }
            }
        }
        isAsItWas = intake.endWaiting(rereading) && isAsItWas
        guard isAsItWas, stream.packetsReceived == end.packetsReceived, stream.packetsPassed == end.packetsPassed,
            stream.positions == end.sources.map(\.position)
        else {
            throw CheckpointMismatch(
                path: checkpoint.path, differences: ["the inputs do not hold the packets that they held"])
        }
    }
}

extension SlidingWindows {
    /// Whether a window holds a time.
    fileprivate func holds(_ time: Nanoseconds) -> Bool { firstWindow(containing: slice(containing: time)) != nil }
}
