public import EventTime
public import Flows

/// What the host statistics keep with each live flow: where it was seen, and whom that counts for.
@frozen public struct FlowVisits: FlowAttachment {
    /// What lies in the flow: where windows do not overlap, and nothing comes late, that is all there is to know.
    @frozen public struct Kept: BitwiseCopyable, Sendable {
        /// The newest slice it was seen in, and by bit the last 64 from there on (``SliceVisits``).
        @usableFromInline var last = Int64.min
        @usableFromInline var recent: UInt64 = 0
        /// Tells this flow from others that had its identifier.
        @usableFromInline var serial: UInt32
        /// The rows of its two hosts in the slice it is in, where windows do not overlap; else the numbers of the hosts
        /// (``SlicedWindows``, ``CountedHosts``). -1 while they are not known.
        @usableFromInline var lowRow: Int32 = -1
        @usableFromInline var highRow: Int32 = -1
        /// In one byte: two would make the flow longer than its cache lines.
        @usableFromInline var bits: UInt8 = 0

        @usableFromInline enum Bits {
            @usableFromInline static var countsAsPeer: UInt8 { 1 }
            @usableFromInline static var isFollowed: UInt8 { 2 }
        }

        @inlinable init(serial: UInt32) { self.serial = serial }

        /// The table of pairs was full: the flow counts as a peer itself.
        @inlinable var countsAsPeer: Bool {
            get { bits & Bits.countsAsPeer != 0 }
            set { set(Bits.countsAsPeer, newValue) }
        }

        /// Its newest chain of visits is open, and will be looked at when a slice leaves: where windows overlap, a further
        /// visit that joins the chain changes nothing else. Not part of the state: false until that is known.
        @inlinable @inline(__always)
        var isFollowed: Bool {
            get { bits & Bits.isFollowed != 0 }
            set { set(Bits.isFollowed, newValue) }
        }

        @inlinable @inline(__always)
        mutating func set(_ bit: UInt8, _ value: Bool) { bits = value ? bits | bit : bits & ~bit }
    }

    /// What overlapping windows want to know as well, and visits that come more than 64 slices late.
    @frozen public struct Beside: BitwiseCopyable, Sendable {
        /// The newest slice it was seen in that the bits no longer show.
        @usableFromInline var older = Int64.min
        /// The slice whose departure looks at this flow next (``VisitChecks``); `Int64.min` for none.
        @usableFromInline var check = Int64.min
        /// The entry of its two hosts in the key group's table of pairs, as long as its serial is the same.
        @usableFromInline var pair: Int32 = -1
        @usableFromInline var pairSerial: UInt32 = 0
        /// The ends are counted in the row of the hosts past the limit.
        @usableFromInline var ends = CountedEnds()
        /// The end of its newest chain of visits is still to be counted.
        @usableFromInline var isOpen = false

        @inlinable init() {}
    }

    public var kept: Kept
    public var beside: Beside

    @inlinable init(serial: UInt32) {
        kept = Kept(serial: serial)
        beside = Beside()
    }

    @inlinable @inline(__always)
    public init(kept: Kept, beside: Beside?) {
        self.kept = kept
        self.beside = beside ?? Beside()
    }
}

extension FlowVisits {
    @inlinable @inline(__always)
    var visits: SliceVisits {
        get {
            SliceVisits(last: kept.last, older: beside.older, recent: kept.recent, isOpen: beside.isOpen)
        }
        set {
            kept.last = newValue.last
            kept.recent = newValue.recentVisits
            beside.older = newValue.olderVisit
            beside.isOpen = newValue.isOpen
        }
    }
    @inlinable var serial: UInt32 {
        get { kept.serial }
        set { kept.serial = newValue }
    }
    @inlinable var lowRow: Int32 {
        get { kept.lowRow }
        set { kept.lowRow = newValue }
    }
    @inlinable var highRow: Int32 {
        get { kept.highRow }
        set { kept.highRow = newValue }
    }
    @inlinable var countsAsPeer: Bool {
        get { kept.countsAsPeer }
        set { kept.countsAsPeer = newValue }
    }
    @inlinable var check: Int64 {
        get { beside.check }
        set { beside.check = newValue }
    }
    @inlinable var pair: Int32 {
        get { beside.pair }
        set { beside.pair = newValue }
    }
    @inlinable var pairSerial: UInt32 {
        get { beside.pairSerial }
        set { beside.pairSerial = newValue }
    }
    @inlinable var ends: CountedEnds {
        get { beside.ends }
        set { beside.ends = newValue }
    }
}

extension FlowVisits.Kept {
    /// A visit to a slice behind all others, where windows are slices and nobody asks for older visits: what
    /// ``SliceVisits/visit(_:windowLength:floor:)`` does.
    @inline(__always)
    mutating func advance(to slice: Int64) {
        // Unsigned, since it may be more than half of all numbers.
        let distance = UInt64(bitPattern: slice &- last)
        recent = distance < 64 ? recent &<< distance | 1 : 1
        last = slice
    }
}

/// Where the two ends of a chain of visits are counted: in their own rows or in that of the hosts past the limit.
/// The end of the chain is counted where its beginning was.
@frozen @usableFromInline struct CountedEnds: BitwiseCopyable, Sendable {
    @usableFromInline var lowIsOther = false
    @usableFromInline var highIsOther = false

    @inlinable init() {}
}

/// Two hosts that exchange packets: their flows have one entry together, so that peers are counted once.
@frozen public struct HostPair: TableKey {
    @usableFromInline var lowHigh: UInt64
    @usableFromInline var lowLow: UInt64
    @usableFromInline var highHigh: UInt64
    @usableFromInline var highLow: UInt64
    @usableFromInline var family: UInt8

    @usableFromInline init(low: HostKey, high: HostKey) {
        (lowHigh, lowLow, highHigh, highLow, family) = (low.high, low.low, high.high, high.low, low.family)
    }

    var low: HostKey { HostKey(high: lowHigh, low: lowLow, family: family) }
    var high: HostKey { HostKey(high: highHigh, low: highLow, family: family) }

    @inlinable public var tableHash: UInt32 {
        let a = foldedProduct(lowLow ^ 0x9E37_79B9_7F4A_7C15, highLow ^ 0xD6E8_FEB8_6659_FD93)
        let b = foldedProduct(lowHigh ^ 0xA076_1D64_78BD_642F, highHigh ^ 0xE703_7ED1_A0B4_28DB ^ UInt64(family))
        return UInt32(truncatingIfNeeded: (a ^ b) ^ (a ^ b) >> 32)
    }
}

/// Where a pair was seen. The order of the fields is such that there are no gaps between them.
@frozen public struct PairVisits: BitwiseCopyable, Sendable {
    @usableFromInline var visits = SliceVisits()
    @usableFromInline var ends = CountedEnds()
    @usableFromInline var serial: UInt32
    @usableFromInline var check = Int64.min
    /// The numbers of its two hosts (``SlicedWindows``), as far as they are known; -1 where not.
    @usableFromInline var lowNumber: Int32 = -1
    @usableFromInline var highNumber: Int32 = -1

    @inlinable init(serial: UInt32) { self.serial = serial }

    func chainEnds(_ low: HostKey, _ high: HostKey) -> ChainEnds {
        ChainEnds(low: low, high: high, counted: ends, lowNumber: lowNumber, highNumber: highNumber)
    }
}
