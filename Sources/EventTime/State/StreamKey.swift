// The standard library's decomposition of strings; it is public only so, and Foundation's is not to be had here.
@_spi(_Unicode) internal import Swift

/// What a stream can be keyed by.
///
/// Keys are compared where results of one instant are put in order, so that output does not depend on how keys were
/// spread over workers; they are written to checkpoints; and they fall to key groups by a hash that is the same in
/// every process, as `Hashable`'s is not.
public protocol StreamKey: Hashable, Comparable, StateValue, Sendable {
    /// The same for equal keys in every process, version and machine; its bits well mixed.
    var stableHash: UInt64 { get }
    /// The order's coarse part, by which many keys are sorted quickly: where `a < b`, `a.sortPrefix <= b.sortPrefix`.
    var sortPrefix: UInt64 { get }
    /// Neighbours are kept together where sets of keys are: as the bits of one word, up to 64 of them, their cluster. It
    /// is named by a key. Clusters are in the order of those, their members in that of their places. A key is a cluster
    /// of its own, at place 0, unless its type says otherwise.
    var cluster: Self { get }
    /// 0 to 63.
    var placeInCluster: Int { get }
    /// The key at a place of the cluster that this key names.
    func clusterMember(at place: Int) -> Self
    /// Where small tables look first for the cluster that this key names: those of neighbours should differ in their
    /// lowest bits, so that few clusters that lie next to each other do not meet.
    var clusterHash: UInt32 { get }
}

extension StreamKey {
    @inlinable public var sortPrefix: UInt64 { 0 }
    @inlinable public var cluster: Self { self }
    @inlinable public var placeInCluster: Int { 0 }
    @inlinable public func clusterMember(at place: Int) -> Self { self }
    @inlinable @inline(__always)
    public var clusterHash: UInt32 { shortHash }

    /// What tables find the key by: the other half of ``stableHash`` than the lower one, by which keys may have been
    /// dealt out to workers.
    @inlinable @inline(__always)
    public var shortHash: UInt32 { UInt32(truncatingIfNeeded: stableHash >> 32) }
}

extension StreamKey where Self: FixedWidthInteger {
    @inlinable @inline(__always)
    public var stableHash: UInt64 {
        foldedProduct(UInt64(truncatingIfNeeded: self) ^ 0x9E37_79B9_7F4A_7C15, 0xA076_1D64_78BD_642F)
    }

    @inlinable @inline(__always)
    public var sortPrefix: UInt64 {
        Self.isSigned ? UInt64(bitPattern: Int64(self)) ^ 1 << 63 : UInt64(self)
    }

    @inlinable @inline(__always)
    public var cluster: Self { self & ~63 }
    @inlinable @inline(__always)
    public var placeInCluster: Int { Int(truncatingIfNeeded: self & 63) }
    @inlinable @inline(__always)
    public func clusterMember(at place: Int) -> Self { self | Self(truncatingIfNeeded: place) }
    @inlinable @inline(__always)
    public var clusterHash: UInt32 { UInt32(truncatingIfNeeded: self &>> 6) }
}

extension Int: StreamKey {}
extension Int32: StreamKey {}
extension Int64: StreamKey {}
extension UInt8: StreamKey {}
extension UInt16: StreamKey {}
extension UInt32: StreamKey {}
extension UInt64: StreamKey {}

/// Strings are equal, and in order, by canonical equivalence: "é" is one key, whether it came as one scalar or as two.
/// So they are hashed by their canonical decomposition. They are written as they came: a checkpoint changes no text.
extension String: StreamKey {
    public var stableHash: UInt64 {
        // ASCII is its own decomposition.
        if utf8.allSatisfy({ $0 < 0x80 }) { return utf8.reduce(Self.emptyHash, Self.mix) }
        var hash = Self.emptyHash
        for scalar in _nfd {
            for byte in UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter { hash = Self.mix(hash, byte) }
        }
        return hash
    }

    private static var emptyHash: UInt64 { 0xE703_7ED1_A0B4_28DB }

    private static func mix(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        foldedProduct(hash ^ UInt64(byte), 0x8EBC_6AF0_9C88_C6E3)
    }
}
