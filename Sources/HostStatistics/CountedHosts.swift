import EventTime

/// Hosts that are counted and not described, where windows overlap: in which slices each was seen (``SliceVisits``). The
/// number of hosts in a window follows from those that come into sight and those that go, so no slice keeps a row of any.
///
/// Packets come in order, no lateness is allowed and a window has at most 64 slices: what is known of visits is exact,
/// as long as no packet comes more than 64 slices behind another one of its host.
struct CountedHosts: ~Copyable {
    typealias Table = KeyedTable<HostKey, CountedHost>

    /// How many hosts were admitted to a slice.
    struct Admitted {
        var slice: Int64
        var count: Int32
    }

    var table = Table()
    /// Each host stands in the list of one slice: it is looked at when that leaves the running window, and moves on to
    /// the slice where it was last seen.
    private var checks = SliceLists<Int32>()
    /// The slices that hosts were admitted to, in ascending order, but for `current`.
    private var others: [Admitted] = []
    /// The slice that hosts come to now.
    private var current = Admitted(slice: .min, count: 0)
    private let limit: Int32
    private let windowLength: Int64

    /// `limit`: hosts of a slice; those past it share ``HostKey/other``. `windowLength` in slices.
    init(limit: Int32, windowLength: Int64) {
        self.limit = limit
        self.windowLength = windowLength
    }

    /// The slice that hosts come to now.
    var slice: Int64 { current.slice }

    // MARK: Visits

    /// The number of a host, which may be `guess`; -1 where it is not known.
    @inline(__always)
    func number(of host: HostKey, _ guess: Int32) -> Int32 {
        if guess >= 0, guess < table.identifierBound, table.again(Int(guess)).pointee.key == host { return guess }
        return Int32(truncatingIfNeeded: table.find(host, hash: host.tableHash))
    }

    /// A further visit of the host with a number, which is good: nearly always one that changes no count. False, and not
    /// noted, where ``visit(_:_:in:)`` has to look.
    @inline(__always)
    mutating func goOn(_ number: Int32, to slice: Int64) -> Bool {
        let host = table[Int(number)]
        // Whether it is the first one here cannot be foreseen: without a branch.
        let isNew: Int32 = host.pointee.value.visits.last == slice ? 0 : 1
        guard slice == current.slice, current.count < limit,
            host.pointee.value.visits.goOn(to: slice, windowLength: windowLength)
        else { return false }
        current.count &+= isNew
        return true
    }

    /// Notes that a host with this number, -1 where it is not known, was seen in a slice of the running window or behind
    /// it. Returns its number, -1 where the slice has no room for it and it counts as ``HostKey/other``; and what that
    /// changes in the counts of slices.
    mutating func visit(
        _ host: HostKey, _ known: Int32, in slice: Int64
    ) -> (number: Int32, change: SliceVisits.Change) {
        if known >= 0, table.again(Int(known)).pointee.value.visits.hasVisited(slice) { return (known, .init()) }
        guard host != .other, admit(to: slice) else {
            return (-1, note(.other, number(of: .other, -1), in: slice).change)
        }
        return note(host, known, in: slice)
    }

    private mutating func note(
        _ host: HostKey, _ known: Int32, in slice: Int64
    ) -> (number: Int32, change: SliceVisits.Change) {
        var number = known
        if number < 0 {
            number = Int32(table.insert(host, hash: host.tableHash, value: CountedHost()))
            checks.add(number, slice: slice)
        }
        let change = table[Int(number)].pointee.value.visits.visit(
            slice, windowLength: windowLength, floor: .min)
        return (number, change)
    }

    private mutating func admit(to slice: Int64) -> Bool {
        if slice != current.slice { move(to: slice) }
        guard current.count < limit else { return false }
        current.count &+= 1
        return true
    }

    /// Hosts come to another slice from here on.
    private mutating func move(to slice: Int64) {
        if current.slice > .min {
            others.insert(current, at: others.firstIndex { $0.slice > current.slice } ?? others.count)
        }
        if let place = others.firstIndex(where: { $0.slice == slice }) {
            current = others.remove(at: place)
        } else {
            current = Admitted(slice: slice, count: 0)
        }
    }

    /// Asks for the place where a host will be looked up, then for the host.
    @inline(__always)
    func prefetchSlot(_ host: HostKey) { table.prefetchSlot(hash: host.tableHash) }

    @inline(__always)
    func prefetchEntry(_ host: HostKey) { _ = table.prefetchEntry(hash: host.tableHash, lines: 1) }

    /// Asks for the hosts of a flow.
    @inline(__always)
    func prefetch(_ flow: FlowVisits.Kept) {
        // Of one that was, the numbers may be any.
        if flow.lowRow >= 0, flow.lowRow < table.identifierBound { table.prefetch(Int(flow.lowRow), lines: 1) }
        if flow.highRow >= 0, flow.highRow < table.identifierBound { table.prefetch(Int(flow.highRow), lines: 1) }
    }

    // MARK: Leaving

    /// A slice leaves the running window, after all before it. Returns how many hosts go out of sight with it.
    mutating func leave(_ slice: Int64) -> Int64 {
        var gone: Int64 = 0
        let due = checks.take(slice)
        for (place, number) in due.enumerated() {
            if place + 16 < due.count { table.prefetch(Int(due[place + 16]), lines: 1) }
            if place + 8 < due.count { prefetchSlot(table.again(Int(due[place + 8])).pointee.key) }
            let host = table[Int(number)]
            guard host.pointee.value.visits.last <= slice else {
                checks.add(number, slice: host.pointee.value.visits.last)
                continue
            }
            gone &+= 1
            table.remove(Int(number), hash: host.pointee.key.tableHash)
            // Who remembers the number sees that the host is gone.
            host.pointee.key.family = 0
        }
        others.removeAll { $0.slice <= slice }
        return gone
    }
}

// MARK: State

/// ``CountedHosts`` as they were at one instant.
final class FrozenCountedHosts: @unchecked Sendable {
    let table = FrozenTable<HostKey, CountedHost>()
    fileprivate var admitted: [CountedHosts.Admitted] = []

    /// Writes what is beside the hosts.
    func encodeRest(into state: inout StateEncoder) {
        state.encode(UInt64(admitted.count))
        for slice in admitted {
            state.encode(slice.slice)
            state.encode(slice.count)
        }
    }
}

extension CountedHosts {
    /// ``KeyedTable/continueFreezing(budget:)`` copies the hosts.
    mutating func freeze(into image: FrozenCountedHosts, asChanges: Bool) {
        table.freeze(into: image.table, asChanges: asChanges)
        image.admitted = others + (current.slice > .min ? [current] : [])
        image.admitted.sort { $0.slice < $1.slice }
    }

    /// Takes over hosts that were read, and reads what ``FrozenCountedHosts/encodeRest(into:)`` wrote. `isLive`: whether a
    /// slice is there, and has not left the running window.
    mutating func restore(
        _ restored: RestoredTable<HostKey, CountedHost>, isLive: (Int64) -> Bool, rest state: inout StateDecoder
    ) throws(StateError) {
        table = try restored.finish(state)
        var seen: [(slice: Int64, number: Int32)] = []
        for (number, isHeld) in table.liveIdentifiers().enumerated() where isHeld {
            let visits = table.again(number).pointee.value.visits
            guard visits.isOpen, isLive(visits.last) else { throw state.invalid("a host that is out of sight") }
            seen.append((visits.last, Int32(truncatingIfNeeded: number)))
        }
        for host in seen.sorted(by: { $0.slice < $1.slice }) { checks.add(host.number, slice: host.slice) }
        for _ in 0..<(try state.decodeCount(elementSize: 12)) {
            let slice = Admitted(slice: try state.decode(), count: try state.decode())
            guard 0...limit ~= slice.count, slice.slice > others.last?.slice ?? .min else {
                throw state.invalid("\(slice.count) hosts of slice \(slice.slice)")
            }
            others.append(slice)
        }
    }
}

/// Where a host was seen. With its key it fills a cache line.
struct CountedHost: StateRecord, BitwiseCopyable, Sendable {
    var visits = SliceVisits()
    private var padding: UInt64 = 0

    init() {}

    func encode(into state: inout StateEncoder) { visits.encode(into: &state) }

    init(from state: inout StateDecoder) throws(StateError) { visits = try SliceVisits(from: &state) }
}
