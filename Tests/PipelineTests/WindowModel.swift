import EventTime
import TestSupport

/// What the contract says of windows, hosts and late packets, worked out packet by packet and window by window: slow,
/// and with nothing in common with the code under test.
struct WindowModel {
    struct Window: Hashable {
        var packets = 0
        var ipPackets = 0
        var nonIPPackets = 0
        var malformedPackets = 0
        var latePackets = 0
        var bytes = 0
        var wireBytes = 0
        /// By host: packets, bytes and wire bytes, sent and received, in the order of the report's columns.
        var hosts: [String: [Int]] = [:]
        /// By host: how many others it exchanged packets with.
        var peerCounts: [String: Int] = [:]
    }

    /// By the text of start and end: `start/end`.
    private(set) var windows: [String: Window] = [:]
    /// By window and host: the others it exchanged packets with.
    private var peers: [String: [String: Set<String>]] = [:]
    private(set) var latePackets = 0
    private(set) var outsidePackets = 0

    private let layout: SlidingWindows
    private var watermark = Int64.min

    /// `delay`: nil for an unbounded one. Only size, slide and offset of the windows are used.
    init(
        _ packets: [GeneratedPacket], _ windows: SlidingWindows, delay: Int64?, allowedLateness: Int64 = 0
    ) {
        layout = windows
        for packet in packets {
            add(packet, allowedLateness)
            if let delay { watermark = max(watermark, packet.time - delay - 1) }
        }
    }

    private mutating func add(_ packet: GeneratedPacket, _ allowedLateness: Int64) {
        let starts = starts(containing: packet.time)
        if starts.isEmpty { outsidePackets += 1 }
        let open = starts.filter { $0 + layout.size - 1 + allowedLateness > watermark }
        for start in open {
            windows[key(start), default: Window()].add(packet)
            notePeers(of: packet, in: key(start))
        }
        if open.isEmpty, !starts.isEmpty {
            latePackets += 1
            windows[key(firstOpenWindow()), default: Window()].latePackets += 1
        }
    }

    private mutating func notePeers(of packet: GeneratedPacket, in window: String) {
        guard case .ip(let source, let destination, _) = packet.meaning else { return }
        for (host, other) in [(source, destination), (destination, source)] {
            if host != other { peers[window, default: [:]][host, default: []].insert(other) }
            windows[window]?.peerCounts[host] = peers[window]?[host]?.count ?? 0
        }
    }

    private func key(_ start: Int64) -> String { UTCTime.text(start) + "/" + UTCTime.text(start + layout.size) }

    private func lastStart(at time: Int64) -> Int64 {
        UTCTime.floor(time - layout.offset, layout.slide) * layout.slide + layout.offset
    }

    private func starts(containing time: Int64) -> [Int64] {
        var starts: [Int64] = []
        var start = lastStart(at: time)
        while start > time - layout.size {
            starts.append(start)
            start -= layout.slide
        }
        return starts
    }

    /// The earliest window whose last nanosecond is above the watermark.
    private func firstOpenWindow() -> Int64 {
        var start = lastStart(at: watermark + 1) + layout.slide
        while start - layout.slide + layout.size - 1 > watermark { start -= layout.slide }
        return start
    }
}

extension WindowModel.Window: CustomStringConvertible {
    var description: String {
        """
        packets \(packets) = IP \(ipPackets) + others \(nonIPPackets) + malformed \(malformedPackets), late \(latePackets), \
        bytes \(bytes), \(wireBytes), hosts \(hosts), peers \(peerCounts)
        """
    }

    /// The same without the hosts that are equal in another one.
    func differences(from other: Self?) -> Self {
        var rest = self
        rest.hosts = hosts.filter { $0.value != other?.hosts[$0.key] }
        rest.peerCounts = peerCounts.filter { $0.value != other?.peerCounts[$0.key] }
        return rest
    }

    mutating func add(_ packet: GeneratedPacket) {
        packets += 1
        wireBytes += packet.wireBytes
        switch packet.meaning {
        case .nonIP: nonIPPackets += 1
        case .malformed: malformedPackets += 1
        case .ip(let source, let destination, let count):
            ipPackets += 1
            bytes += count
            add([1, 0, count, 0, packet.wireBytes, 0], to: source)
            add([0, 1, 0, count, 0, packet.wireBytes], to: destination)
        }
    }

    private mutating func add(_ counts: [Int], to host: String) {
        hosts[host] = zip(hosts[host] ?? Array(repeating: 0, count: 6), counts).map { $0 + $1 }
    }
}
