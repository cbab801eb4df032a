import EventTime
import Flows
import HostStatistics
import Packets

/// Random rows, the same for the same seed (SplitMix64).
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// Small and large numbers, 0 and the largest among them.
    mutating func count() -> UInt64 { next() >> UInt64.random(in: 0...64, using: &self) }

    mutating func time() -> Nanoseconds {
        let time = Nanoseconds(bitPattern: next())
        return Bool.random(using: &self) ? time : time / 1_000_000_000_000 * 1_000_000_000
    }

    mutating func address() -> IPAddress {
        Bool.random(using: &self)
            ? IPAddress(v4: UInt32(truncatingIfNeeded: next())) : IPAddress(high: count(), low: count())
    }

    mutating func report() -> WindowReport {
        let start = time() / 2
        var totals = WindowTotals()
        totals.packets = count()
        totals.gap = Nanoseconds(count() >> 40)
        totals.bytes = count()
        let hosts = (0..<3).map { _ in
            HostRow(
                host: next() & 7 == 0 ? .other : .address(address()), packetsSent: count(),
                packetsReceived: count(), bytesSent: count(), bytesReceived: count(), wireBytesSent: count(),
                wireBytesReceived: count(), flows: count(), flowsStarted: count(), peers: count())
        }
        return WindowReport(
            window: TimeWindow(start: start, end: start + 1 + Nanoseconds(count() >> 10)),
            revision: Int(next() & 3), isComplete: Bool.random(using: &self), totals: totals, hosts: hosts)
    }

    mutating func flow() -> FlowRecord {
        FlowRecord(
            start: time(), end: time(), source: address(), destination: address(),
            sourcePort: UInt16(truncatingIfNeeded: count()), destinationPort: UInt16(truncatingIfNeeded: count()),
            transport: [1, 6, 17, 58, 132, 200].randomElement(using: &self) ?? 6,
            hasPorts: Bool.random(using: &self), sourcePackets: count(), destinationPackets: count(),
            sourceBytes: count(), destinationBytes: count(), sourceWireBytes: count(),
            destinationWireBytes: count(), sourceTCPFlags: UInt8(truncatingIfNeeded: next()),
            destinationTCPFlags: UInt8(truncatingIfNeeded: next()),
            endReason: FlowRecord.EndReason.allCases.randomElement(using: &self) ?? .end)
    }
}
