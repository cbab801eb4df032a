public import Packets

/// The packets of one or more captures as one stream, ordered by time.
///
/// Captures are merged by the times of their next packets, as `mergecap` does it: a capture whose own packets
/// step back in time stays in its own order. Equal times come in the order of the inputs, and packets without a
/// time right behind their predecessor (those at a capture's beginning: in front of its first packet with a
/// time). A capture is opened when the stream reaches its first packet and closed behind its last one.
///
/// Read are classic pcap (microseconds, nanoseconds and the modified format with longer record headers; versions
/// 2.0 to 2.4 and 543.0) and pcapng (versions 1.0 and 1.2), each in both byte orders, plain or compressed with gzip, zstd
/// or LZ4. These are all the formats that libpcap reads, and what it refuses in them is read as well: several link
/// types, snapshot lengths or byte orders in one file. Other formats are errors that name what was found.
///
/// What is missing or damaged becomes one of the ``errors``; everything before the damage is delivered, and so are
/// the other captures.
///
///     let stream = try CaptureStream(inputs: [.path("dns.pcap")], filter: "udp port 53")
///     while stream.readBatch() {
///         stream.forEachPacket { record, bytes in … }
///     }
///
/// A stream belongs to one thread at a time.
public final class CaptureStream {
    /// Packets in a batch, at most.
    public static let batchCapacity = 256

    @usableFromInline let batch = PacketBatch(capacity: CaptureStream.batchCapacity)
    private let filter: PacketFilter?
    private var sources: [SourceState] = []
    private var queue = SourceQueue()
    private var openCount = 0
    /// Readers at their end whose bytes are still in the batch.
    private var finished: [CaptureReader] = []
    /// Packets read so far, before the filter.
    public private(set) var packetsReceived: UInt64 = 0
    /// Packets that passed the filter; all where there is none.
    public private(set) var packetsPassed: UInt64 = 0
    /// What went wrong so far, in the order in which the stream met it.
    public private(set) var errors: [CaptureError] = []
    /// The sum of the captures' sizes, compressed or not; `nil` where a pipe is among them.
    public let totalBytes: UInt64?

    /// A capture and how far it was read.
    private struct SourceState {
        let source: CaptureSource
        /// Whether the capture can be opened a second time.
        let isRegularFile: Bool
        var reader: CaptureReader?
        var packets: UInt64 = 0
        var offset: UInt64 = 0
        /// Bytes of the file that were read, once it is closed.
        var bytesRead: UInt64 = 0
    }

    /// Looks at the inputs. `filter`: an expression in libpcap's language; `nil` lets every packet pass. With
    /// `progress` the stream goes on where another one over the same captures was; what cannot be read twice begins
    /// anew.
    ///
    /// Throws ``CaptureError/badFilter(expression:reason:)`` and ``CaptureError/standardInputTwice``; whatever is
    /// wrong with an input becomes one of the ``errors``.
    public init(
        inputs: [CaptureInput], filter: String? = nil, resuming progress: CaptureProgress? = nil
    ) throws(CaptureError) {
        guard inputs.count(where: { $0 == .standardInput }) <= 1 else { throw .standardInputTwice }
        if let filter { self.filter = try PacketFilter(filter) } else { self.filter = nil }
        var totalBytes: UInt64? = 0
        for result in CaptureSource.expand(inputs) {
            do throws(CaptureError) {
                let source = try result.get()
                let status = try source.status()
                totalBytes = status.byteCount.flatMap { bytes in totalBytes.map { $0 + bytes } }
                sources.append(
                    SourceState(
                        source: source, isRegularFile: status.kind == .regular && source.input != .standardInput))
            } catch {
                errors.append(error)
            }
        }
        self.totalBytes = totalBytes
        if let progress {
            resume(progress)
            return
        }
        for index in sources.indices {
            if let time = firstTime(index) { queue.insert(SourceQueue.Entry(time: time, source: index)) }
        }
    }

    /// The names of the captures, directories replaced by their files, in the order of ``positions``.
    public var sourceNames: [String] { sources.map(\.source.name) }

    /// The captures, directories replaced by their files, in the order of ``positions``.
    public var captures: [CaptureInput] { sources.map(\.source.input) }

    /// Bytes of the captures that were read, compressed or not, for a progress bar.
    public var bytesRead: UInt64 {
        sources.reduce(0) { sum, state in sum + (state.reader?.bytesRead ?? state.bytesRead) }
    }

    /// Whether each capture can be opened a second time, in the order of ``positions``.
    public var canBeReadAgain: [Bool] { sources.map(\.isRegularFile) }

    /// How far the stream was read: up to the end of the current batch.
    public var progress: CaptureProgress {
        let due = queue.dueTimes(count: sources.count)
        return CaptureProgress(
            sources: zip(zip(sources, positions), due).map { source, due in
                .init(
                    position: source.1, due: due, bytesRead: source.0.reader?.bytesRead ?? source.0.bytesRead)
            }, packetsReceived: packetsReceived, packetsPassed: packetsPassed)
    }

    private func resume(_ progress: CaptureProgress) {
        packetsReceived = progress.packetsReceived
        packetsPassed = progress.packetsPassed
        for (index, source) in zip(sources.indices, progress.sources) {
            if sources[index].isRegularFile {
                sources[index].packets = source.position.packets
                sources[index].offset = source.position.offset
                sources[index].bytesRead = source.bytesRead
            }
            if let time = source.due { queue.insert(SourceQueue.Entry(time: time, source: index)) }
        }
    }

    /// How far a capture was read: the packets up to the end of the current batch, before the filter.
    public struct Position: Hashable, Sendable {
        /// Packets of this capture.
        public var packets: UInt64
        /// Where the next record begins, in bytes from the beginning of the (decompressed) capture.
        public var offset: UInt64

        public init(packets: UInt64, offset: UInt64) {
            self.packets = packets
            self.offset = offset
        }
    }

    /// How far each capture was read.
    public var positions: [Position] {
        sources.map { state in
            Position(
                packets: state.reader?.packets ?? state.packets, offset: state.reader?.offset ?? state.offset)
        }
    }

    // MARK: Reading

    /// Reads the next packets; gives false at the end. The bytes of a batch stay valid until the next call. A
    /// batch can be empty, where the filter took none of its packets.
    ///
    /// `limit`: packets to read at most, before the filter.
    public func readBatch(upTo limit: Int = CaptureStream.batchCapacity) -> Bool {
        batch.removeAll()
        finished.removeAll()
        let limit = min(max(limit, 1), Self.batchCapacity)
        reading: while batch.count < limit, let next = queue.first {
            guard let reader = open(next.source) else {
                queue.removeFirst()
                continue
            }
            let limits = ParseLimits(count: limit, time: queue.latestTimeForFirst)
            switch reader.read(into: batch, limits: limits) {
            case .batchFull, .bytesInUse:
                break reading
            case .later(let time):
                queue.updateFirst(time: time)
            case .ended:
                close(next.source, reader)
            case .failed(let error):
                errors.append(error)
                close(next.source, reader)
            }
        }
        guard batch.count > 0 else { return false }
        packetsReceived += UInt64(batch.count)
        if let filter {
            filter.apply(to: batch)
            errors += filter.takeErrors()
        }
        packetsPassed += UInt64(batch.count)
        return true
    }

    /// Packets in the batch.
    @inlinable public var count: Int { batch.count }

    /// Calls `body` with each packet of the batch, in order. The span cannot leave `body`.
    @inlinable
    public func forEachPacket(_ body: (PacketRecord, RawSpan) throws -> Void) rethrows {
        for index in 0..<batch.count {
            try body(batch.records[index], batch.bytes(at: index).bytes)
        }
    }

    /// Calls `body` with all packets of the batch, for a loop of the caller's own. They cannot leave `body`.
    @inlinable
    public func withPackets(_ body: (CapturedPackets) throws -> Void) rethrows {
        try body(CapturedPackets(records: batch.records, starts: batch.starts, count: batch.count))
    }

    // MARK: Sources

    /// Opens a capture, if it is not open yet. Many at once share the memory that one alone would have.
    private func open(_ index: Int) -> CaptureReader? {
        if let reader = sources[index].reader { return reader }
        do throws(CaptureError) {
            let reader = try CaptureReader(
                sources[index].source, capacity: Self.chunkSize(open: openCount),
                skipping: Position(packets: sources[index].packets, offset: sources[index].offset))
            sources[index].reader = reader
            openCount += 1
            return reader
        } catch {
            errors.append(error)
            return nil
        }
    }

    /// Bytes to read at a time where this many other captures are open: 16 MiB together, as long as that leaves
    /// 64 KiB for each.
    private static func chunkSize(open: Int) -> Int {
        min(max(16 * 1024 * 1024 / (open + 1), 64 * 1024), 256 * 1024)
    }

    private func close(_ index: Int, _ reader: CaptureReader) {
        sources[index].packets = reader.packets
        sources[index].offset = reader.offset
        sources[index].reader = nil
        sources[index].bytesRead = reader.bytesRead
        openCount -= 1
        finished.append(reader)
        queue.removeFirst()
    }

    /// When a capture's first packet is due, or `nil` where it has none: then it needs no place in the queue. The
    /// capture is closed again. One that cannot be read twice, or that is alone, is not looked at: it is due now,
    /// and says later how late its packets are.
    private func firstTime(_ index: Int) -> Int64? {
        guard sources.count > 1, sources[index].isRegularFile else { return .min }
        do throws(CaptureError) {
            let reader = try CaptureReader(sources[index].source, capacity: 4096)
            batch.removeAll()
            // Every packet with a time is too late for this limit, and tells its time.
            switch reader.read(into: batch, limits: ParseLimits(count: Self.batchCapacity, time: .min)) {
            case .later(let time):
                return time
            case .failed(let error) where batch.count == 0:
                errors.append(error)
                return nil
            case .ended where batch.count == 0:
                sources[index].bytesRead = reader.bytesRead
                return nil
            case .batchFull, .bytesInUse, .ended, .failed:
                return .min
            }
        } catch {
            errors.append(error)
            return nil
        }
    }
}
