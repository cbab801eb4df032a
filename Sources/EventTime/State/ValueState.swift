/// A value for each key: `context[state]`, and `nil` where there is none.
public struct ValueState<Value: StateValue>: KeyedStateDeclaration {
    public let name: String
    public let version: UInt32
    public let timeToLive: TimeToLive?
    @usableFromInline let identity = StateIdentity()
    @usableFromInline let migrations: [StateMigration<Value>]

    public init(
        _ name: String, version: UInt32 = 1, timeToLive: TimeToLive? = nil,
        migrating migrations: [StateMigration<Value>] = []
    ) {
        self.name = name
        self.version = version
        self.timeToLive = timeToLive
        self.migrations = migrations
    }

    @inlinable func makeColumn() -> any KeyedColumn {
        StateColumn(
            self, StateForm(.value, version, type: "\(Value.self)", timeToLive),
            migrations: migrations.map(\.version),
            CellColumn(timeToLive, migrations))
    }
}

extension ProcessContext {
    /// The value of the current key; `nil` where it has none, or where that has expired. O(1).
    @inlinable public subscript<Value>(state: ValueState<Value>) -> Value? {
        get { columns.body(of: state, as: CellColumn<Value>.self).pointee.read(slot, clocks) }
        _modify {
            let column = columns.body(of: state, as: CellColumn<Value>.self)
            let wasThere = column.pointee.willWrite(slot, clocks)
            defer { slots.uses[slot] += column.pointee.didWrite(slot, clocks, wasThere: wasThere) }
            yield &column.pointee.cells[slot]
        }
    }

    /// The value of the current key, or another where it has none: `context[count, default: 0] += 1`. O(1).
    @inlinable
    public subscript<Value>(state: ValueState<Value>, default other: @autoclosure () -> Value) -> Value {
        get { self[state] ?? other() }
        _modify {
            let column = columns.body(of: state, as: CellColumn<Value>.self)
            let wasThere = column.pointee.willWrite(slot, clocks)
            var value = column.pointee.cells[slot].take() ?? other()
            defer {
                column.pointee.cells[slot] = value
                slots.uses[slot] += column.pointee.didWrite(slot, clocks, wasThere: wasThere)
            }
            yield &value
        }
    }

    /// Forgets the value of the current key. O(1).
    @inlinable public mutating func clear<Value>(_ state: ValueState<Value>) { self[state] = nil }
}
