/// What a flow has shown of its TCP connection (RFC 9293): how it began, and whether it is over.
///
/// Only flags and the SYN's sequence number are read, so a connection is followed from any point and through lost
/// packets. The sequence number lies in the ``KeptKey``, where there is room for it.
@frozen public struct TCPState: BitwiseCopyable, Sendable {
    /// All flags that the low, and the high, endpoint sent.
    @usableFromInline var flags: InlineArray<2, UInt8> = [0, 0]
    @usableFromInline var bits: UInt8 = 0

    @usableFromInline static let fin: UInt8 = 1
    @usableFromInline static let syn: UInt8 = 2
    @usableFromInline static let rst: UInt8 = 4
    @usableFromInline static let ack: UInt8 = 16

    @usableFromInline enum Bits {
        @usableFromInline static var sawSYN: UInt8 { 1 }
        @usableFromInline static var synIsFromHigh: UInt8 { 2 }
        @usableFromInline static var isUnderWay: UInt8 { 4 }
        @usableFromInline static var all: UInt8 { 7 }
    }

    @inlinable init() {}

    /// A SYN without ACK was seen, and which end sent it.
    @inlinable var sawSYN: Bool { bits & Bits.sawSYN != 0 }
    @inlinable var synIsFromHigh: Bool { bits & Bits.synIsFromHigh != 0 }
    /// More than SYN and SYN-ACK was seen.
    @inlinable var isUnderWay: Bool { bits & Bits.isUnderWay != 0 }

    /// How the connection ended; `nil` while it has not: reset by either side, or closed by both.
    @inlinable @inline(__always)
    var closed: FlowRecord.EndReason? {
        if (lowFlags | highFlags) & Self.rst != 0 { return .rst }
        return lowFlags & highFlags & Self.fin != 0 ? .fin : nil
    }

    @inlinable var lowFlags: UInt8 { flags[unchecked: 0] }
    @inlinable var highFlags: UInt8 { flags[unchecked: 1] }

    /// Whether a packet opens another connection on the same ports: a SYN after the end, or one that is no repeat of
    /// the SYN that opened this one.
    @inlinable func isReopened(by packet: FlowPacket, initialSequence: UInt32) -> Bool {
        guard packet.tcpFlags & (Self.syn | Self.ack | Self.rst) == Self.syn else { return false }
        if sawSYN, packet.isFromHigh == synIsFromHigh {
            // A fragment's sequence number is not kept.
            return packet.isWhole && packet.tcpSequence != initialSequence
        }
        // From the other end: simultaneous open while nothing else was seen, or the opener's SYN after its answer.
        return isUnderWay || closed != nil
    }

    /// How a connection ended that another one replaced.
    @inlinable var replaced: FlowRecord.EndReason {
        if let closed { return closed }
        return (lowFlags | highFlags) & Self.fin != 0 ? .fin : .rst
    }

    /// Whether ``note(_:)`` would change anything: false for nearly all packets of a connection under way.
    @inlinable @inline(__always)
    func isChanged(by packet: UnsafePointer<FlowPacket>) -> Bool {
        let known = flags[unchecked: packet.pointee.direction]
        return packet.pointee.tcpFlags & ~known != 0 || packet.pointee.tcpFlags & Self.syn != 0 || !isUnderWay
    }

    /// Takes note of a packet's flags, and of the sequence number of the SYN that opens the connection.
    @inlinable @inline(__always)
    mutating func note(_ packet: FlowPacket, initialSequence: inout UInt32) {
        flags[unchecked: packet.direction] |= packet.tcpFlags
        if packet.tcpFlags & Self.syn == 0 {
            bits |= Bits.isUnderWay
        } else if packet.tcpFlags & Self.ack == 0, !sawSYN {
            bits |= Bits.sawSYN | (packet.isFromHigh ? Bits.synIsFromHigh : 0)
            initialSequence = packet.tcpSequence
        }
    }
}
