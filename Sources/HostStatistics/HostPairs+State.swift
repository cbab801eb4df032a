import EventTime

/// ``HostPairs`` as they were at one instant.
final class FrozenPairs: @unchecked Sendable {
    fileprivate var tables: [FrozenTable<HostPair, PairVisits>] = []
    fileprivate var nextSerial: UInt32 = 1
    fileprivate var checks = VisitChecks()
    fileprivate var removals = VisitChecks()

    static let stateVersion: UInt32 = 1

    /// Pairs held.
    var count: Int { tables.reduce(0) { $0 + $1.count } }
    var byteCount: Int { tables.reduce(0) { $0 + $1.byteCount } }

    func encode(into state: inout StateEncoder) {
        state.encode(Self.stateVersion)
        state.encode(UInt32(tables.count))
        for table in tables { table.encode(into: &state) }
        state.encode(nextSerial)
        checks.encode(into: &state)
        removals.encode(into: &state)
    }
}

extension HostPairs {
    /// O(groups); ``continueFreezing(budget:)`` copies the pairs.
    mutating func freeze(into image: FrozenPairs) {
        while image.tables.count < groupCount { image.tables.append(FrozenTable()) }
        for group in 0..<groupCount { tables[group].freeze(into: image.tables[group]) }
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

    init(groupCount: Int, maximumPairs: Int, from state: inout StateDecoder) throws(StateError) {
        self.init(groupCount: groupCount, maximumPairs: maximumPairs)
        try state.expect(FrozenPairs.stateVersion, "pairs of version")
        try state.expect(UInt32(groupCount), "pairs by a number of key groups of")
        for group in 0..<groupCount {
            tables[group] = try KeyedTable(from: &state, maximumCount: maximumPairs)
        }
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
