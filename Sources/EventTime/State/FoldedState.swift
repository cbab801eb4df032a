/// A value for each key, into which others are folded: `context.add(x, to: state)`.
public struct ReducingState<Value: StateValue>: KeyedStateDeclaration {
    public let name: String
    public let version: UInt32
    public let timeToLive: TimeToLive?
    @usableFromInline let identity = StateIdentity()
    @usableFromInline let reduce: @Sendable (Value, Value) -> Value
    @usableFromInline let migrations: [StateMigration<Value>]

    /// `reduce` makes one value of the one that is there and the one that is added.
    public init(
        _ name: String, version: UInt32 = 1, timeToLive: TimeToLive? = nil,
        migrating migrations: [StateMigration<Value>] = [], reduce: @escaping @Sendable (Value, Value) -> Value
    ) {
        self.name = name
        self.version = version
        self.timeToLive = timeToLive
        self.migrations = migrations
        self.reduce = reduce
    }

    @inlinable func makeColumn() -> any KeyedColumn {
        StateColumn(
            self, StateForm(.reducing, version, type: "\(Value.self)", timeToLive),
            migrations: migrations.map(\.version), CellColumn(timeToLive, migrations))
    }
}

/// An aggregate for each key: `context.add(x, to: state)`, and `context[state]` for its result.
public struct AggregatingState<Function: Aggregate>: KeyedStateDeclaration {
    public let name: String
    /// Of the form of the accumulators.
    public let version: UInt32
    public let timeToLive: TimeToLive?
    @usableFromInline let identity = StateIdentity()
    @usableFromInline let aggregate: Function
    @usableFromInline let migrations: [StateMigration<Function.Accumulator>]

    public init(
        _ name: String, _ aggregate: Function, version: UInt32 = 1, timeToLive: TimeToLive? = nil,
        migrating migrations: [StateMigration<Function.Accumulator>] = []
    ) {
        self.name = name
        self.aggregate = aggregate
        self.version = version
        self.timeToLive = timeToLive
        self.migrations = migrations
    }

    @inlinable func makeColumn() -> any KeyedColumn {
        StateColumn(
            self, StateForm(.aggregating, version, type: "\(Function.Accumulator.self)", timeToLive),
            migrations: migrations.map(\.version), CellColumn(timeToLive, migrations))
    }
}

extension ProcessContext {
    /// What was folded for the current key; `nil` where nothing was, or where that has expired. O(1).
    @inlinable public subscript<Value>(state: ReducingState<Value>) -> Value? {
        columns.body(of: state, as: CellColumn<Value>.self).pointee.read(slot, clocks)
    }

    /// Folds a value into that of the current key. O(1).
    @inlinable public mutating func add<Value>(_ value: Value, to state: ReducingState<Value>) {
        let column = columns.body(of: state, as: CellColumn<Value>.self)
        let wasThere = column.pointee.willWrite(slot, clocks)
        column.pointee.cells[slot] = column.pointee.cells[slot].take().map { state.reduce($0, value) } ?? value
        slots.uses[slot] += column.pointee.didWrite(slot, clocks, wasThere: wasThere)
    }

    /// Forgets what was folded for the current key. O(1).
    @inlinable public mutating func clear<Value>(_ state: ReducingState<Value>) {
        let column = columns.body(of: state, as: CellColumn<Value>.self)
        let wasThere = column.pointee.willWrite(slot, clocks)
        column.pointee.cells[slot] = nil
        slots.uses[slot] += column.pointee.didWrite(slot, clocks, wasThere: wasThere)
    }

    /// The aggregate's result for the current key; `nil` where nothing was added, or where that has expired.
    @inlinable public subscript<Function>(state: AggregatingState<Function>) -> Function.Result? {
        columns.body(of: state, as: CellColumn<Function.Accumulator>.self).pointee.read(slot, clocks)
            .map(state.aggregate.result)
    }

    /// Adds an element to the aggregate of the current key. O(1) where the aggregate's `add` is.
    @inlinable
    public mutating func add<Function>(_ element: Function.Input, to state: AggregatingState<Function>) {
        let column = columns.body(of: state, as: CellColumn<Function.Accumulator>.self)
        let wasThere = column.pointee.willWrite(slot, clocks)
        var accumulator = column.pointee.cells[slot].take() ?? state.aggregate.makeAccumulator()
        state.aggregate.add(element, to: &accumulator)
        column.pointee.cells[slot] = accumulator
        slots.uses[slot] += column.pointee.didWrite(slot, clocks, wasThere: wasThere)
    }

    /// Forgets the aggregate of the current key. O(1).
    @inlinable public mutating func clear<Function>(_ state: AggregatingState<Function>) {
        let column = columns.body(of: state, as: CellColumn<Function.Accumulator>.self)
        let wasThere = column.pointee.willWrite(slot, clocks)
        column.pointee.cells[slot] = nil
        slots.uses[slot] += column.pointee.didWrite(slot, clocks, wasThere: wasThere)
    }
}
