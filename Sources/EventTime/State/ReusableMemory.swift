internal import Glibc

/// Memory for flat copies, kept from one time to the next; in huge pages where it is large, which the kernel gives
/// several times as fast as small ones.
@frozen @usableFromInline
struct ReusableMemory<Element>: ~Copyable {
    @usableFromInline var start: UnsafeMutablePointer<Element>
    @usableFromInline var capacity = 0

    @inlinable init() { start = .allocate(capacity: 1) }

    @inlinable deinit { start.deallocate() }

    /// Makes room for `count` elements; returns whether what was there still is.
    @usableFromInline mutating func reserve(_ count: Int) -> Bool {
        guard count > capacity else { return true }
        // Room to spare, so that a table that grows slowly does not ask each time.
        capacity = max(count + count / 4, 64)
        start.deallocate()
        let memory = TableMemory.take(byteCount: capacity * MemoryLayout<Element>.stride)
        start = memory.bindMemory(to: Element.self, capacity: capacity)
        return false
    }
}

/// Copying of plain bytes that says what it changed.
@usableFromInline enum ComparingCopy {
    /// Copies up to 64 elements of `stride` bytes, and returns which of them were others before: bit by element.
    @usableFromInline static func copy(
        _ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, count: Int, stride: Int
    ) -> UInt64 {
        var changed: UInt64 = 0
        for index in 0..<count where memcmp(source + index * stride, target + index * stride, stride) != 0 {
            changed |= 1 << UInt64(index)
        }
        // Memory that stays as it is need not go back to it.
        if changed != 0 { memcpy(target, source, count * stride) }
        return changed
    }
}
