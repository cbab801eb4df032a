import EventTime
import Glibc
import Packets
import Reports

/// Records packets as they are analysed: classic pcap with nanoseconds, so that a replay sees the same.
///
/// Files are rotated as tcpdump does it, by size and by time; the time is the packets' own, so that what a file holds
/// does not depend on how fast it was written.
final class Recording {
    private let options: RecordingOptions
    private let names: RecordingNames
    private let linkType: LinkType
    private let snapshotLength: UInt32
    private var descriptor: CInt = -1
    private var path = ""
    /// Bytes of the file, written or still in the buffer.
    private var size: UInt64 = 0
    /// When the file of `-G` began, in seconds; the number of files that `-C` and `-G` have begun.
    private var begin: Int64
    private var sizeNumber = 0
    private var timeNumber = 0
    /// Whether files that are there are an earlier start's, and are to stay as they are.
    private var keepsFiles: Bool
    private let buffer: UnsafeMutableRawBufferPointer
    private var used = 0
    /// Why nothing more is written.
    private(set) var error: ReportError?
    /// `-W` files of `-G` have been written: the run is over.
    private(set) var isFull = false

    private static let bufferSize = 1 << 20
    private static let headerLength = 24
    private static let recordHeaderLength = 16

    /// Creates the first file. `now`: the event time that it is. Where a capture `goesOn` after a restart, what it has
    /// recorded before stays, and the file has a number behind its name. Throws
    /// ``ReportError/cannotCreate(path:code:)``.
    init(
        _ options: RecordingOptions, linkType: LinkType, snapshotLength: Int, now: Nanoseconds, goesOn: Bool = false
    ) throws(ReportError) {
        self.options = options
        self.linkType = linkType
        self.snapshotLength = UInt32(clamping: snapshotLength)
        names = RecordingNames(options: options)
        begin = now.floored(dividingBy: .second)
        buffer = .allocate(byteCount: Self.bufferSize, alignment: 64)
        keepsFiles = goesOn
        if goesOn, names.areReused {
            sizeNumber = names.numberToGoOn(begin: begin)
            keepsFiles = false
        }
        try create()
        // Names made of the time come again, and are then overwritten as they would be without a restart.
        if options.seconds != nil { keepsFiles = false }
    }

    deinit {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        buffer.deallocate()
    }

    /// Records a packet; false where it is not to be analysed either, since the recording is over.
    func write(_ record: PacketRecord, _ frame: RawSpan) -> Bool {
        if error != nil || isFull { return false }
        if options.seconds != nil || options.megabytes != nil, !rotate(for: record.timestamp) { return false }
        let length = Self.recordHeaderLength + frame.byteCount
        if used + length > buffer.count { flush() }
        appendHeader(of: record, captured: frame.byteCount)
        if length <= buffer.count {
            frame.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[used...]).copyMemory(from: bytes)
            }
            used += frame.byteCount
        } else {
            flush()
            frame.withUnsafeBytes(writeAll)
        }
        size += UInt64(length)
        return error == nil
    }

    private func appendHeader(of record: PacketRecord, captured: Int) {
        // Seconds are 32 bits without a sign: from 1970 to 2106.
        append(UInt32(clamping: record.timestamp.floored(dividingBy: .second)))
        append(UInt32(record.timestamp.flooredRemainder(dividingBy: .second)))
        append(UInt32(captured))
        append(record.originalLength)
    }

    private func append<Number: FixedWidthInteger & BitwiseCopyable>(_ number: Number) {
        buffer.storeBytes(of: number, toByteOffset: used, as: Number.self)
        used += MemoryLayout<Number>.size
    }

    /// Hands everything so far to the kernel.
    func flush() {
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<used])
        used = 0
        writeAll(bytes)
    }

    private func writeAll(_ bytes: UnsafeRawBufferPointer) {
        var done = 0
        while done < bytes.count, error == nil {
            let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written >= 0 {
                done += written
            } else if errno != EINTR {
                let position = Int(clamping: size) - bytes.count + done
                error = .cannotWrite(path: path, code: errno, position: max(0, position))
            }
        }
    }

    /// Opens the file again under its name, as after it was moved away. One that is still there is added to.
    func reopen() {
        guard error == nil, !isFull else { return }
        close()
        do throws(ReportError) { try open(flags: O_APPEND) } catch { self.error = error }
    }

    /// Writes what is left and closes the file.
    func finish() {
        close()
    }

    private func close() {
        guard descriptor >= 0 else { return }
        flush()
        // Some file systems report a full disk only here.
        if Glibc.close(descriptor) != 0, errno != EINTR, error == nil {
            error = .cannotWrite(path: path, code: errno, position: Int(clamping: size))
        }
        descriptor = -1
    }

    // MARK: Files

    /// Begins another file where a packet of this time needs one. False where there is to be none.
    private func rotate(for time: Nanoseconds) -> Bool {
        let second = time.floored(dividingBy: .second)
        if let seconds = options.seconds, second.saturatingSubtract(begin) >= seconds {
            begin = second
            timeNumber += 1
            sizeNumber = 0
            if options.megabytes == nil, let count = options.fileCount, timeNumber >= count {
                isFull = true
                close()
                return false
            }
            next()
        } else if let megabytes = options.megabytes, size > megabytes.multipliedFullWidth(by: 1_000_000).low {
            sizeNumber += 1
            if let count = options.fileCount, sizeNumber >= count { sizeNumber = 0 }
            next()
        }
        return error == nil
    }

    private func next() {
        close()
        guard error == nil else { return }
        do throws(ReportError) { try create() } catch { self.error = error }
    }

    private func create() throws(ReportError) {
        while true {
            path = names.name(number: sizeNumber, begin: begin)
            do throws(ReportError) {
                return try open(flags: keepsFiles ? O_EXCL : O_TRUNC)
            } catch {
                guard keepsFiles, case .cannotCreate(_, code: EEXIST) = error else { throw error }
                // A pipe or a device has nothing to be kept.
                if Self.isFile(path) { sizeNumber += 1 } else { keepsFiles = false }
            }
        }
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && [S_IFREG, S_IFLNK].contains(status.st_mode & S_IFMT)
    }

    private func open(flags: CInt) throws(ReportError) {
        while true {
            descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, 0o666)
            if descriptor >= 0 { break }
            let code = errno
            if code != EINTR { throw .cannotCreate(path: path, code: code) }
        }
        let end = lseek(descriptor, 0, SEEK_END)
        size = UInt64(max(0, end))
        if size == 0 { appendFileHeader() }
    }

    /// pcap-savefile(5), in the byte order of this machine.
    private func appendFileHeader() {
        append(UInt32(0xA1B2_3C4D))
        append(UInt16(2))
        append(UInt16(4))
        append(UInt32(0))
        append(UInt32(0))
        append(snapshotLength)
        append(linkType.rawValue)
        size = UInt64(Self.headerLength)
        flush()
    }
}
