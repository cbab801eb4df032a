/// One state of all keys: what the columns of all kinds of state have in common, as seen when they are set up, when
/// time passes, and by checkpoints. Functions reach the columns' bodies directly.
@usableFromInline protocol KeyedColumn: AnyObject {
    var declaration: any StateDeclaration { get }
    /// Kind and type of the values, as checkpoints tell them.
    var form: StateForm { get }
    /// Versions from which values can be brought to the declared one.
    var migratable: [UInt32] { get }
    /// The body, which functions know the type of.
    var body: UnsafeMutableRawPointer { get }
    /// Makes room for slots below `capacity`.
    func reserve(slots capacity: Int)
    /// Frees what has expired; calls `freed` with each slot that holds nothing of this state any more.
    func expire(_ clocks: StateClocks, freed: (Int) -> Void)
    /// Whether the slot holds something that can be seen.
    func holds(_ slot: Int, _ clocks: StateClocks) -> Bool
    /// Forgets what the slot holds; false where that is nothing.
    func clear(_ slot: Int) -> Bool
    func encode(_ slot: Int, _ clocks: StateClocks, into state: inout StateEncoder)
    /// Reads what ``encode(_:_:into:)`` wrote of a slot that holds nothing, from a checkpoint where the state had the
    /// form `saved`.
    func decode(_ slot: Int, from state: inout StateDecoder, saved: StateForm) throws(StateError)
}

/// What a state is, apart from its name.
@usableFromInline struct StateForm: Hashable, Sendable {
    @usableFromInline enum Kind: UInt8, Sendable {
        case value = 1
        case list
        case map
        case reducing
        case aggregating

        var noun: String {
            switch self {
            case .value: "a value"
            case .list: "a list"
            case .map: "a map"
            case .reducing: "a reduced value"
            case .aggregating: "an aggregate"
            }
        }
    }

    @usableFromInline var kind: Kind
    @usableFromInline var version: UInt32
    /// The values' type as Swift spells it, without modules.
    @usableFromInline var type: String
    /// The clock of its time to live; 0 for none.
    @usableFromInline var domain: UInt8

    @inlinable init(_ kind: Kind, _ version: UInt32, type: String, _ timeToLive: TimeToLive?) {
        self.kind = kind
        self.version = version
        self.type = type
        domain = timeToLive?.domain.rawValue ?? 0
    }

    init(kind: Kind, version: UInt32, type: String, domain: UInt8) {
        self.kind = kind
        self.version = version
        self.type = type
        self.domain = domain
    }
}

/// The part of a column that functions work on.
@usableFromInline protocol StateColumnBody: ~Copyable {
    mutating func reserve(slots capacity: Int)
    mutating func expire(_ clocks: StateClocks, freed: (Int) -> Void)
    func holds(_ slot: Int, _ clocks: StateClocks) -> Bool
    mutating func clear(_ slot: Int) -> Bool
    func encode(_ slot: Int, _ clocks: StateClocks, into state: inout StateEncoder)
    mutating func decode(_ slot: Int, from state: inout StateDecoder, saved: StateForm) throws(StateError)
}

/// Owns a body at a fixed place in memory.
@usableFromInline final class StateColumn<Body: StateColumnBody & ~Copyable>: KeyedColumn {
    @usableFromInline let declaration: any StateDeclaration
    @usableFromInline let form: StateForm
    @usableFromInline let migratable: [UInt32]
    @usableFromInline let storage: UnsafeMutablePointer<Body>

    @inlinable
    init(
        _ declaration: any StateDeclaration, _ form: StateForm, migrations: [UInt32], _ body: consuming Body
    ) {
        self.declaration = declaration
        self.form = form
        migratable = migrations
        storage = .allocate(capacity: 1)
        storage.initialize(to: body)
    }

    @inlinable deinit {
        storage.deinitialize(count: 1)
        storage.deallocate()
    }

    @inlinable var body: UnsafeMutableRawPointer { UnsafeMutableRawPointer(storage) }
    @inlinable func reserve(slots capacity: Int) { storage.pointee.reserve(slots: capacity) }
    @inlinable func expire(_ clocks: StateClocks, freed: (Int) -> Void) {
        storage.pointee.expire(clocks, freed: freed)
    }
    @inlinable func holds(_ slot: Int, _ clocks: StateClocks) -> Bool { storage.pointee.holds(slot, clocks) }
    @inlinable func clear(_ slot: Int) -> Bool { storage.pointee.clear(slot) }
    @inlinable func encode(_ slot: Int, _ clocks: StateClocks, into state: inout StateEncoder) {
        storage.pointee.encode(slot, clocks, into: &state)
    }
    @inlinable func decode(
        _ slot: Int, from state: inout StateDecoder, saved: StateForm
    ) throws(StateError) { try storage.pointee.decode(slot, from: &state, saved: saved) }
}

/// The columns of a function's states, found by identity without a search.
@usableFromInline
struct StateColumns: ~Copyable {
    @usableFromInline struct Place: BitwiseCopyable {
        @usableFromInline var identity: UInt64
        @usableFromInline var body: UnsafeMutableRawPointer?
    }

    /// In the order of their names.
    @usableFromInline let columns: [any KeyedColumn]
    @usableFromInline let removed: Set<String>
    /// Those whose values may expire.
    let expiring: [any KeyedColumn]
    /// A perfect hash table of the bodies: each one lies where its identity's hash says.
    @usableFromInline let places: UnsafeMutablePointer<Place>
    @usableFromInline let shift: UInt64

    /// Makes the columns of `states`. Their names differ: another thing is the programmer's mistake.
    @usableFromInline init(_ states: [any StateDeclaration]) {
        var columns: [(identity: UInt64, column: any KeyedColumn)] = []
        var removed: Set<String> = []
        var names: Set<String> = []
        for state in states {
            if state is RemovedState {
                removed.insert(state.name)
                precondition(names.insert(state.name).inserted, "two states are named \(state.name)")
            } else if let declaration = state as? any KeyedStateDeclaration {
                let identity = declaration.identity.number
                // A copy of a declaration is the same state.
                if columns.contains(where: { $0.identity == identity }) { continue }
                precondition(names.insert(state.name).inserted, "two states are named \(state.name)")
                columns.append((identity, declaration.makeColumn()))
            } else {
                preconditionFailure("\(state.name) is declared as a \(type(of: state)), which is no kind of state")
            }
        }
        columns.sort { $0.column.declaration.name < $1.column.declaration.name }
        self.columns = columns.map(\.column)
        self.removed = removed
        expiring = self.columns.filter { $0.form.domain != 0 }
        var bits: UInt64 = 1
        while Set(columns.map { Self.hash($0.identity, 64 - bits) }).count < columns.count { bits += 1 }
        shift = 64 - bits
        places = .allocate(capacity: 1 << bits)
        places.initialize(repeating: Place(identity: 0, body: nil), count: 1 << bits)
        for (identity, column) in columns {
            places[Self.hash(identity, shift)] = Place(identity: identity, body: column.body)
        }
    }

    @usableFromInline deinit { places.deallocate() }

    @inlinable @inline(__always)
    static func hash(_ identity: UInt64, _ shift: UInt64) -> Int {
        Int(truncatingIfNeeded: (identity &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    }

    /// The body of the column of this identity, whose declaration made it as `Body`.
    @inlinable @inline(__always)
    func body<Body: ~Copyable>(
        of declaration: some KeyedStateDeclaration, as type: Body.Type
    ) -> UnsafeMutablePointer<Body> {
        let identity = declaration.identity.number
        let place = places[Self.hash(identity, shift)]
        guard place.identity == identity, let body = place.body else { Self.undeclared(declaration.name) }
        return body.assumingMemoryBound(to: Body.self)
    }

    @usableFromInline static func undeclared(_ name: String) -> Never {
        preconditionFailure(
            "the state '\(name)' is not among the states of its function: make it a stored property, or name it in "
                + "'states'")
    }

    @usableFromInline func reserve(slots capacity: Int) {
        for column in columns { column.reserve(slots: capacity) }
    }

    @usableFromInline func expire(_ clocks: StateClocks, freed: (Int) -> Void) {
        for column in expiring { column.expire(clocks, freed: freed) }
    }
}
