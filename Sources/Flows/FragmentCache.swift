public import EventTime

/// The ports of fragmented datagrams: the first fragment leaves them here and the later ones, which have no transport
/// header, find them, so that all belong to one flow (RFC 791, section 3.2; RFC 8200, section 4.5).
///
/// A fixed number of places: a newer datagram takes the place of an older one that falls on it, and an entry lasts
/// 60 s of event time, the reassembly timeout of RFC 8200. A later fragment that comes before its first one, or finds
/// nothing, stays with the portless flow of its addresses.
@usableFromInline
struct FragmentCache: ~Copyable {
    fileprivate struct Entry: BitwiseCopyable {
        var time: Nanoseconds
        var key: FlowKey
        var identification: UInt32
        var isFromHigh: Bool
        var lowPort: UInt16
        var highPort: UInt16
    }

    private static let placeCount = 1024
    private static let lifetime: Nanoseconds = 60 * .second

    /// Made with the first fragment.
    private var entries: [Entry?] = []

    @usableFromInline init() {}

    /// Notes the ports of a first fragment, or gives them to a later one.
    @usableFromInline mutating func visit(_ packet: inout FlowPacket) {
        if entries.isEmpty { entries = Array(repeating: nil, count: Self.placeCount) }
        var key = packet.key
        var isFromHigh = packet.isFromHigh
        // The ports may have decided which end is low where a host sends to itself.
        if key.lowAddressLow == key.highAddressLow, key.lowAddressHigh == key.highAddressHigh { isFromHigh = false }
        (key.lowPort, key.highPort) = (0, 0)
        let mixed = foldedProduct(
            UInt64(key.pairHash) << 32 | UInt64(packet.fragmentIdentification),
            UInt64(key.transport) << 1 | (isFromHigh ? 1 : 0) | 0x9E37_79B9_7F4A_7C00)
        let place = Int(truncatingIfNeeded: (mixed ^ mixed >> 32) & UInt64(Self.placeCount - 1))
        if packet.fragment == .first {
            guard packet.hasPorts else { return }
            entries[place] = Entry(
                time: packet.time, key: key, identification: packet.fragmentIdentification, isFromHigh: isFromHigh,
                lowPort: packet.key.lowPort, highPort: packet.key.highPort)
        } else if let entry = entries[place], entry.key == key, entry.isFromHigh == isFromHigh,
            entry.identification == packet.fragmentIdentification,
            packet.time.saturatingSubtract(entry.time).magnitude <= Self.lifetime.magnitude
        {
            packet.key.lowPort = entry.lowPort
            packet.key.highPort = entry.highPort
            packet.hasPorts = true
        }
    }
}

extension FragmentCache {
    /// What the cache held at one instant.
    @usableFromInline struct Image: Sendable {
        fileprivate var entries: [Entry?] = []

        @usableFromInline init() {}

        @usableFromInline func encode(into state: inout StateEncoder) {
            let taken = entries.enumerated().filter { $0.element != nil }
            state.encode(UInt64(taken.count))
            for (place, entry) in taken {
                guard let entry else { continue }
                state.encode(UInt32(place))
                state.encode(entry.time)
                entry.key.encode(into: &state)
                state.encode(entry.identification)
                entry.isFromHigh.encode(into: &state)
                state.encode(entry.lowPort)
                state.encode(entry.highPort)
            }
        }
    }

    /// O(1); the next fragment copies the places.
    @usableFromInline func freeze() -> Image {
        var image = Image()
        image.entries = entries
        return image
    }

    @usableFromInline init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        let count = try state.decodeCount(elementSize: 4)
        guard count > 0 else { return }
        entries = Array(repeating: nil, count: Self.placeCount)
        for _ in 0..<count {
            let place = try state.decodeIndex(below: Self.placeCount)
            guard entries[place] == nil else { throw state.invalid("a fragment's place is taken twice") }
            entries[place] = Entry(
                time: try state.decode(), key: try FlowKey(from: &state), identification: try state.decode(),
                isFromHigh: try Bool(from: &state), lowPort: try state.decode(), highPort: try state.decode())
        }
    }
}
