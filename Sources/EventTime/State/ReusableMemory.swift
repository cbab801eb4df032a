internal import Glibc

/// Memory for flat copies, kept from one time to the next; in huge pages where it is large, which the kernel gives
/// several times as fast as small ones.
@frozen @usableFromInline
struct ReusableMemory<Element>: ~Copyable {
    @usableFromInline var start: UnsafeMutablePointer<Element>
    @usableFromInline var capacity = 0

    @inlinable init() { start = Self.take(0) }

    @inlinable deinit { Self.give(start, capacity) }

    @usableFromInline static func take(_ capacity: Int) -> UnsafeMutablePointer<Element> {
        TableMemory.take(byteCount: capacity * MemoryLayout<Element>.stride).bindMemory(
            to: Element.self, capacity: capacity)
    }

    @usableFromInline static func give(_ start: UnsafeMutablePointer<Element>, _ capacity: Int) {
        TableMemory.give(start, byteCount: capacity * MemoryLayout<Element>.stride)
    }

    /// Makes room for `count` elements; returns whether what was there still is.
    @usableFromInline mutating func reserve(_ count: Int) -> Bool {
        guard count > capacity else { return true }
        Self.give(start, capacity)
        // Room to spare, so that a table that grows slowly does not ask each time.
        capacity = max(count + count / 4, 64)
        start = Self.take(capacity)
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
