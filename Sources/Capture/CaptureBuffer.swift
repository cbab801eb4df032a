/// The stretch of a capture that is in memory: bytes are read in at the end and consumed at the front.
///
///     base     start                end        capacity
///      | consumed | unread …         | free …   |
///
/// It grows only when it is full of bytes that were really read, never because a header claims that many.
struct CaptureBuffer: ~Copyable {
    private var memory: UnsafeMutableRawBufferPointer
    private var start = 0
    private var end = 0
    /// Where the first unread byte is in the capture.
    private(set) var offset: UInt64 = 0
    private(set) var reachedEnd = false

    init(capacity: Int) {
        memory = .allocate(byteCount: capacity, alignment: 64)
    }

    deinit { memory.deallocate() }

    var unreadCount: Int { end - start }

    /// The unread bytes; valid until the next ``fill(atLeast:from:)``.
    var unread: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: memory[start..<end])
    }

    mutating func consume(_ count: Int) {
        precondition(count >= 0 && count <= end - start)
        start += count
        offset += UInt64(count)
    }

    /// Moves the unread bytes to the front and reads until there are at least `count` of them. Gives false where
    /// the capture ends before that.
    mutating func fill(atLeast count: Int, from source: ByteSource) throws(CaptureError) -> Bool {
        if unreadCount >= count { return true }
        if start > 0 {
            // The two stretches may overlap; copyMemory allows that.
            memory.copyMemory(from: unread)
            end -= start
            start = 0
        }
        while end < count && !reachedEnd {
            if end == memory.count { grow() }
            let got = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: memory[end...]))
            if got == 0 { reachedEnd = true }
            end += got
        }
        return end >= count
    }

    /// Goes to a byte that lies ahead; gives false where the capture ends before it.
    mutating func skip(to target: UInt64, from source: ByteSource) throws(CaptureError) -> Bool {
        while offset < target {
            if unreadCount == 0 {
                (start, end) = (0, 0)
                if let skipped = source.seek(ahead: target - offset) {
                    offset += skipped
                    if skipped > 0 { continue }
                }
                guard try fill(atLeast: 1, from: source) else { return false }
            }
            consume(Int(clamping: min(UInt64(unreadCount), target - offset)))
        }
        return true
    }

    private mutating func grow() {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: memory.count * 2, alignment: 64)
        larger.copyMemory(from: UnsafeRawBufferPointer(memory))
        memory.deallocate()
        memory = larger
    }
}
