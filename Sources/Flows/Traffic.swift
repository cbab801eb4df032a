/// Packets and bytes in one direction.
@frozen public struct Traffic: BitwiseCopyable, Equatable, Sendable {
    public var packets: UInt64 = 0
    /// Bytes of the IP layer.
    public var bytes: UInt64 = 0
    /// Bytes of the whole frames on the wire.
    public var wireBytes: UInt64 = 0

    @inlinable public init() {}

    @inlinable public init(packets: UInt64, bytes: UInt64, wireBytes: UInt64) {
        self.packets = packets
        self.bytes = bytes
        self.wireBytes = wireBytes
    }

    @inlinable public var isZero: Bool { packets | bytes | wireBytes == 0 }

    @inlinable @inline(__always)
    public static func += (a: inout Traffic, b: Traffic) {
        a.packets &+= b.packets
        a.bytes &+= b.bytes
        a.wireBytes &+= b.wireBytes
    }
}

extension Traffic {
    /// Takes away what was added; wraps, as corrections may pass below zero on the way.
    @inlinable @inline(__always)
    public static func -= (a: inout Traffic, b: Traffic) {
        a.packets &-= b.packets
        a.bytes &-= b.bytes
        a.wireBytes &-= b.wireBytes
    }
}
