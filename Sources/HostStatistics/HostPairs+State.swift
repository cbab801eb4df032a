import EventTime

/// ``HostPairs`` as they were at one instant.
final class FrozenPairs: @unchecked Sendable {
    fileprivate var tables: [FrozenTable<HostPair, PairVisits>] = []
    fileprivate var nextSerial: UInt32 = 1
    fileprivate var checks = VisitChecks()
    fileprivate var removals = VisitChecks()

    /// Pairs held.
    var count: Int { tables.reduce(0) { $0 + $1.count } }
    var byteCount: Int { tables.reduce(0) { $0 + $1.byteCount } }

    func copyBeside() { for table in tables { table.copyBeside() } }

    /// Takes memory in advance for the next image.
    func prepare() { for table in tables { table.prepare() } }

    /// Whether the pairs that are encoded can be read only after those of the image before.
    var needsEarlier: Bool { tables.contains { $0.needsEarlier } }

    /// Writes pairs, or those that changed.
    func encodePairs(into state: inout StateEncoder) {
        state.encode(UInt32(tables.count))
        for table in tables { table.encode(into: &state) }
    }

    /// Writes what is beside the pairs.
    func encodeRest(into state: inout StateEncoder) {
        state.encode(nextSerial)
        checks.encode(into: &state)
        removals.encode(into: &state)
    }
}

extension HostPairs {
    /// O(groups); ``continueFreezing(budget:)`` copies the pairs.
    mutating func freeze(into image: FrozenPairs, asChanges: Bool) {
        while image.tables.count < groupCount { image.tables.append(FrozenTable()) }
        for group in 0..<groupCount { tables[group].freeze(into: image.tables[group], asChanges: asChanges) }
        image.nextSerial = nextSerial
        image.checks = checks
        image.removals = removals
    }

    mutating func continueFreezing(budget: inout Int) -> Bool {
        for group in 0..<groupCount {
            guard tables[group].continueFreezing(budget: &budget) else { return false }
        }
        return true
    }

    /// Takes over pairs that were read, and reads what ``FrozenPairs/encodeRest(into:)`` wrote.
    init(
        groupCount: Int, maximumPairs: Int, leavesForGood: Bool, _ restored: RestoredPairs,
        rest state: inout StateDecoder
    ) throws(StateError) {
        self.init(groupCount: groupCount, maximumPairs: maximumPairs, leavesForGood: leavesForGood)
        for group in 0..<groupCount { tables[group] = try restored.tables[group].finish(state) }
        nextSerial = try state.decode()
        guard nextSerial != 0 else { throw state.invalid("pairs without numbers") }
        checks = try VisitChecks(from: &state)
        removals = try VisitChecks(from: &state)
        try checks.validate(bounds: identifierBounds, state)
        try removals.validate(bounds: identifierBounds, state)
    }

    /// By key group: the identifiers handed out are below these.
    var identifierBounds: [Int] { (0..<groupCount).map { tables[$0].identifierBound } }
}

/// The pairs of ``HostPairs`` that are being read.
final class RestoredPairs {
    fileprivate let tables: [RestoredTable<HostPair, PairVisits>]

    init(groupCount: Int, maximumPairs: Int) {
        tables = (0..<groupCount).map { _ in RestoredTable(maximumCount: maximumPairs) }
    }

    /// Reads pairs, or what changed among them.
    func read(from state: inout StateDecoder) throws(StateError) {
        try state.expect(UInt32(tables.count), "pairs by a number of key groups of")
        for table in tables { try table.read(from: &state) }
    }
}
