/// Memory for flat copies, kept from one time to the next; in huge pages where it is large, which the kernel gives
/// several times as fast as small ones.
///
/// Fresh memory costs far more than copying does: the kernel clears each page where it is first touched, and a machine
/// that is a guest waits for its host as well. So memory that grows keeps its pages, and whoever has the time touches
/// those that will be needed next (``prepare(_:)``).
@frozen @usableFromInline
struct ReusableMemory<Element>: ~Copyable {
    @usableFromInline var start: UnsafeMutablePointer<Element>
    @usableFromInline var capacity = 0
    /// Elements whose memory has been touched.
    private var touched = 0

    @inlinable init() { start = Self.take(0) }

    @inlinable deinit { Self.give(start, capacity) }

    @usableFromInline static func take(_ capacity: Int) -> UnsafeMutablePointer<Element> {
        TableMemory.take(byteCount: capacity * MemoryLayout<Element>.stride).bindMemory(
            to: Element.self, capacity: capacity)
    }

    @usableFromInline static func give(_ start: UnsafeMutablePointer<Element>, _ capacity: Int) {
        TableMemory.give(start, byteCount: capacity * MemoryLayout<Element>.stride)
    }

    /// Makes room for `count` elements, which are going to be written. What was there stays.
    @usableFromInline mutating func reserve(_ count: Int) {
        grow(count)
        touched = max(touched, count)
    }

    /// Makes room for `count` elements, and touches its memory. O(pages never touched).
    @usableFromInline mutating func prepare(_ count: Int) {
        guard count > touched else { return }
        grow(count)
        let stride = MemoryLayout<Element>.stride
        let bytes = UnsafeMutableRawPointer(start)
        for page in Swift.stride(from: touched * stride, to: count * stride, by: Self.pageSize) {
            bytes.storeBytes(of: 0, toByteOffset: page, as: UInt8.self)
        }
        touched = count
    }

    private static var pageSize: Int { 4096 }

    private mutating func grow(_ count: Int) {
        guard count > capacity else { return }
        // Room to spare, so that a table that grows slowly does not ask each time.
        let larger = max(count + count / 4, 64)
        let stride = MemoryLayout<Element>.stride
        start = TableMemory.grow(start, from: capacity * stride, to: larger * stride).bindMemory(
            to: Element.self, capacity: larger)
        capacity = larger
    }
}
