import EventTime

/// The pairs of hosts that exchanged packets in each slice, by the numbers of their rows there: where windows do not
/// overlap, nothing else must be known to count peers. Sixteen bytes or so a pair, gone with its slice.
struct SlicePeers: ~Copyable {
    typealias Table = KeyedTable<RowPair, Seen>

    /// Two rows of one slice, the lower number in the upper half.
    struct RowPair: TableKey, StateRecord {
        var rows: UInt64

        init(_ a: Int32, _ b: Int32) {
            let (low, high) = (UInt32(bitPattern: min(a, b)), UInt32(bitPattern: max(a, b)))
            rows = UInt64(low) << 32 | UInt64(high)
        }

        var tableHash: UInt32 {
            let mixed = foldedProduct(rows ^ 0x9E37_79B9_7F4A_7C15, 0xD6E8_FEB8_6659_FD93)
            return UInt32(truncatingIfNeeded: mixed ^ mixed >> 32)
        }

        func encode(into state: inout StateEncoder) { state.encode(rows) }

        init(from state: inout StateDecoder) throws(StateError) { rows = try state.decode() }
    }

    /// That a pair is there is all there is to say of it.
    struct Seen: StateRecord, BitwiseCopyable {
        init() {}
        func encode(into state: inout StateEncoder) {}
        init(from state: inout StateDecoder) throws(StateError) {}
    }

    struct Slice: ~Copyable {
        var number: Int64
        var table = Table()

        init(number: Int64) { self.number = number }
    }

    /// Pairs that all slices together may have.
    let maximumPairs: Int
    private var pairCount = 0
    /// The slices that hold a pair, in no order; owned. The one used last comes first. There are one or two, and with
    /// an allowed lateness as many as windows are kept.
    private(set) var live: [UnsafeMutablePointer<Slice>] = []
    /// Emptied, for use again; owned.
    private var spare: UnsafeMutablePointer<Slice>?

    init(maximumPairs: Int) { self.maximumPairs = maximumPairs }

    deinit {
        for slice in live { Self.free(slice) }
        if let spare { Self.free(spare) }
    }

    private static func free(_ slice: UnsafeMutablePointer<Slice>) {
        slice.deinitialize(count: 1)
        slice.deallocate()
    }

    /// Asks for the place where ``insert(_:_:slice:)`` will look first.
    @inline(__always)
    mutating func prefetch(_ a: Int32, _ b: Int32, slice number: Int64) {
        slice(number).pointee.table.prefetchSlot(hash: RowPair(a, b).tableHash)
    }

    /// Notes that two rows of `slice` are a pair. Returns whether they were none before; also where there is no room to
    /// note it, so that there may be too many peers and never too few.
    mutating func insert(_ a: Int32, _ b: Int32, slice number: Int64) -> Bool {
        let pair = RowPair(a, b)
        let hash = pair.tableHash
        let slice = slice(number)
        if slice.pointee.table.find(pair, hash: hash) >= 0 { return false }
        if pairCount < maximumPairs {
            pairCount += 1
            _ = slice.pointee.table.insert(pair, hash: hash, value: Seen())
        }
        return true
    }

    /// The pairs of a slice; `nil` where it has none.
    func existing(_ number: Int64) -> UnsafeMutablePointer<Slice>? { live.first { $0.pointee.number == number } }

    @inline(__always)
    private mutating func slice(_ number: Int64) -> UnsafeMutablePointer<Slice> {
        if let first = live.first, first.pointee.number == number { return first }
        return otherSlice(number)
    }

    @inline(never)
    private mutating func otherSlice(_ number: Int64) -> UnsafeMutablePointer<Slice> {
        if let place = live.firstIndex(where: { $0.pointee.number == number }) {
            live.swapAt(0, place)
            return live[0]
        }
        let slice: UnsafeMutablePointer<Slice>
        if let spare {
            slice = spare
            slice.pointee.number = number
            self.spare = nil
        } else {
            slice = .allocate(capacity: 1)
            slice.initialize(to: Slice(number: number))
        }
        live.insert(slice, at: 0)
        return slice
    }

    /// Forgets the slices before `floor`.
    mutating func forget(before floor: Int64) {
        guard live.contains(where: { $0.pointee.number < floor }) else { return }
        let gone = live.filter { $0.pointee.number < floor }
        live.removeAll { gone.contains($0) }
        for slice in gone {
            pairCount -= slice.pointee.table.count
            if spare == nil {
                slice.pointee.table.removeAll()
                spare = slice
            } else {
                Self.free(slice)
            }
        }
    }

    /// Takes up a table of pairs that was saved.
    mutating func takeUp(_ table: consuming Table, slice number: Int64) {
        pairCount += table.count
        otherSlice(number).pointee.table = table
    }
}

/// ``SlicePeers`` as they were at one instant.
final class FrozenPeers: @unchecked Sendable {
    fileprivate var numbers: [Int64] = []
    fileprivate var tables: [FrozenTable<SlicePeers.RowPair, SlicePeers.Seen>] = []

    /// Pairs held.
    var count: Int { tables.prefix(numbers.count).reduce(0) { $0 + $1.count } }
    var byteCount: Int { tables.reduce(0) { $0 + $1.byteCount } }

    func copyBeside() { for table in tables.prefix(numbers.count) { table.copyBeside() } }

    /// Takes memory in advance for the next image.
    func prepare() { for table in tables.prefix(numbers.count) { table.prepare() } }

    func encode(into state: inout StateEncoder) {
        state.encode(UInt64(numbers.count))
        for (number, table) in zip(numbers, tables) {
            state.encode(number)
            table.encode(into: &state)
        }
    }
}

extension SlicePeers {
    /// O(slices); ``continueFreezing(budget:)`` copies the pairs.
    mutating func freeze(into image: FrozenPeers) {
        image.numbers = live.map { $0.pointee.number }
        while image.tables.count < live.count { image.tables.append(FrozenTable()) }
        for (slice, table) in zip(live, image.tables) { slice.pointee.table.freeze(into: table) }
    }

    mutating func continueFreezing(budget: inout Int) -> Bool {
        for slice in live {
            guard slice.pointee.table.continueFreezing(budget: &budget) else { return false }
        }
        return true
    }

    /// Reads what ``FrozenPeers/encode(into:)`` wrote. Throws ``StateError``.
    init(maximumPairs: Int, from state: inout StateDecoder) throws(StateError) {
        self.init(maximumPairs: maximumPairs)
        for _ in 0..<(try state.decodeCount(elementSize: 24)) {
            let number = try state.decode(Int64.self)
            guard existing(number) == nil else { throw state.invalid("the pairs of a slice stand there twice") }
            let table = RestoredTable<RowPair, Seen>(maximumCount: maximumPairs)
            try table.read(from: &state)
            takeUp(try table.finish(state), slice: number)
        }
        live.reverse()
    }
}
