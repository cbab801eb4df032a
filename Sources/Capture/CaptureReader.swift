/// One capture, open for reading: file, decompression, buffer and format together.
final class CaptureReader {
    /// How reading into a batch ended.
    enum Outcome {
        case batchFull
        /// The next packet is later than was asked for; its time.
        case later(Int64)
        /// The batch holds packets whose bytes must stay in place; it has to be emptied first.
        case bytesInUse
        case ended
        case failed(CaptureError)
    }

    private let file: InputFile
    private let source: ByteSource
    private var buffer: CaptureBuffer
    private var parser: any RecordParser
    /// The batch's generation when this reader last put packets into it.
    private var generationInUse: UInt64?

    /// Opens a capture and reads as far as its format is known. `capacity`: bytes to read at a time.
    init(_ capture: CaptureSource, capacity: Int) throws(CaptureError) {
        file = try InputFile(capture)
        source = try ByteSource(file)
        buffer = CaptureBuffer(capacity: capacity)
        parser = try Self.findFormat(file, source, &buffer)
    }

    private static func findFormat(
        _ file: InputFile, _ source: ByteSource, _ buffer: inout CaptureBuffer
    ) throws(CaptureError) -> any RecordParser {
        let name = file.name
        do throws(CaptureError) {
            _ = try buffer.fill(atLeast: 8, from: source)
            if PcapParser.recognizes(buffer.unread.bytes) {
                _ = try buffer.fill(atLeast: PcapParser.headerLength, from: source)
                do throws(PcapHeaderError) {
                    let parser = try PcapParser(header: buffer.unread.bytes)
                    buffer.consume(PcapParser.headerLength)
                    return parser
                } catch {
                    throw .damaged(name, packet: 1, offset: 0, error.damage)
                }
            }
        } catch {
            throw error.reading(packet: 1)
        }
        if PcapngParser.recognizes(buffer.unread.bytes) { return PcapngParser() }
        if buffer.unreadCount == 0 { throw .empty(name) }
        throw .notACapture(name, found: Array(buffer.unread.prefix(8)))
    }

    var name: String { file.name }

    /// Skips everything before a position, in a capture of which nothing has been read. False where no record begins
    /// there.
    func skip(to position: CaptureStream.Position) throws(CaptureError) -> Bool {
        guard position.offset >= buffer.offset else { return false }
        if var pcap = parser as? PcapParser {
            // Records say nothing about others: they can be left out as they are.
            guard try buffer.skip(to: position.offset, from: source) else { return false }
            pcap.resume(behind: position.packets)
            parser = pcap
            return true
        }
        while buffer.offset < position.offset {
            var consumed = 0
            let limit = Int(clamping: position.offset - buffer.offset)
            let stop = parser.skim(buffer.unread, consumed: &consumed, limit: limit)
            buffer.consume(consumed)
            switch stop {
            case nil: break
            case .needs(let count, _)?:
                guard try buffer.fill(atLeast: count, from: source) else { return false }
            case .damage(let damage)?:
                throw .damaged(file.name, packet: parser.packets + 1, offset: buffer.offset, damage)
            case .batchFull?, .later?: return false
            }
        }
        return buffer.offset == position.offset && parser.packets == position.packets
    }

    /// Packets delivered so far.
    var packets: UInt64 { parser.packets }
    /// Where the next record begins in the (decompressed) capture.
    var offset: UInt64 { buffer.offset }
    /// Bytes of the file, compressed or not, that were read.
    var bytesRead: UInt64 { file.bytesRead }

    /// Adds packets to the batch until it is full, or one comes that is too late, or the bytes in memory end
    /// while the batch still needs them.
    func read(into batch: PacketBatch, limits: ParseLimits) -> Outcome {
        while true {
            let before = batch.count
            var consumed = 0
            let stop = parser.parse(buffer.unread, consumed: &consumed, into: batch, limits: limits)
            buffer.consume(consumed)
            if batch.count > before { generationInUse = batch.generation }
            switch stop {
            case .batchFull:
                return .batchFull
            case .later(let time):
                return .later(time)
            case .damage(let damage):
                return failed(damage)
            case .needs(let count, let header):
                if generationInUse == batch.generation { return .bytesInUse }
                do throws(CaptureError) {
                    if try buffer.fill(atLeast: count, from: source) { continue }
                } catch {
                    return .failed(error.reading(packet: packets + 1))
                }
                return endOfBytes(needed: count, header: header)
            }
        }
    }

    /// The capture ends with what is in memory: fine after a whole record, damage within one.
    private func endOfBytes(needed: Int, header: Int) -> Outcome {
        let available = buffer.unreadCount
        if available == 0 { return .ended }
        if available < header || needed == header {
            return failed(.truncatedHeader(needed: header, available: available))
        }
        return parser is PcapngParser
            ? failed(.truncatedBlock(claimed: needed, available: available))
            : failed(.truncatedRecord(claimed: needed - header, available: available - header))
    }

    private func failed(_ damage: CaptureDamage) -> Outcome {
        .failed(.damaged(file.name, packet: packets + 1, offset: buffer.offset, damage))
    }
}

extension CaptureError {
    /// The same error, with the number of the packet that was to be read next.
    func reading(packet: UInt64) -> CaptureError {
        guard case .damagedCompression(let name, _, let offset, let format, let reason) = self else { return self }
        return .damagedCompression(name, packet: packet, offset: offset, format, reason: reason)
    }
}
