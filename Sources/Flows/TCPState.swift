/// What a flow has shown of its TCP connection (RFC 9293): how it began, and whether it is over.
///
/// Only flags and the SYN's sequence number are read, so a connection is followed from any point and through lost
/// packets.
@frozen public struct TCPState: BitwiseCopyable, Sendable {
    /// All flags that the low, and the high, endpoint sent.
    @usableFromInline var flags: InlineArray<2, UInt8> = [0, 0]
    /// The SYN's sequence number, once ``sawSYN``.
    @usableFromInline var initialSequence: UInt32 = 0
    /// A SYN without ACK was seen, and which end sent it.
    @usableFromInline var sawSYN = false
    @usableFromInline var synIsFromHigh = false
    /// More than SYN and SYN-ACK was seen.
    @usableFromInline var isUnderWay = false

    @usableFromInline static let fin: UInt8 = 1
    @usableFromInline static let syn: UInt8 = 2
    @usableFromInline static let rst: UInt8 = 4
    @usableFromInline static let ack: UInt8 = 16

    @inlinable init() {}

    /// How the connection ended; `nil` while it has not: reset by either side, or closed by both.
    @inlinable var closed: FlowRecord.EndReason? {
        if (lowFlags | highFlags) & Self.rst != 0 { return .rst }
        return lowFlags & highFlags & Self.fin != 0 ? .fin : nil
    }

    @inlinable var lowFlags: UInt8 { flags[unchecked: 0] }
    @inlinable var highFlags: UInt8 { flags[unchecked: 1] }

    /// Whether a packet opens another connection on the same ports: a SYN after the end, or one that is no repeat of
    /// the SYN that opened this one.
    @inlinable func isReopened(by packet: FlowPacket) -> Bool {
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

    /// Takes note of a packet's flags.
    @inlinable @inline(__always)
    mutating func note(_ packet: FlowPacket) {
        flags[unchecked: packet.direction] |= packet.tcpFlags
        if packet.tcpFlags & Self.syn == 0 {
            isUnderWay = true
        } else if packet.tcpFlags & Self.ack == 0, !sawSYN {
            sawSYN = true
            synIsFromHigh = packet.isFromHigh
            initialSequence = packet.tcpSequence
        }
    }
}
