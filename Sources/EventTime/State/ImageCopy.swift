internal import CMemory
internal import Glibc

/// Copying of plain bytes into an image that another thread reads.
@usableFromInline enum ImageCopy {
    /// Copies past the caches of this thread, which will see neither the bytes nor their copies again soon. To be
    /// followed by ``publish()`` before another thread looks.
    @usableFromInline static func copy(
        _ source: UnsafeRawPointer, to target: UnsafeMutableRawPointer, byteCount: Int
    ) {
        tidemark_copy_past_caches(target, source, byteCount)
    }

    /// Copies some elements of `stride` bytes, and returns which of them were others before: bit by element.
    @usableFromInline static func copyComparing(
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

    /// Whoever learns from this thread that the copies are there sees them.
    @usableFromInline static func publish() { tidemark_publish_copies() }
}
