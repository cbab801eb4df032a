/// A list for each key: `context.append(x, to: state)`, and `context[state]` for all of it.
public struct ListState<Element: StateValue>: KeyedStateDeclaration {
    public let name: String
    public let version: UInt32
    /// Of each element.
    public let timeToLive: TimeToLive?
    @usableFromInline let identity = StateIdentity()
    @usableFromInline let migrations: [StateMigration<Element>]

    public init(
        _ name: String, version: UInt32 = 1, timeToLive: TimeToLive? = nil,
        migrating migrations: [StateMigration<Element>] = []
    ) {
        self.name = name
        self.version = version
        self.timeToLive = timeToLive
        self.migrations = migrations
    }

    @inlinable func makeColumn() -> any KeyedColumn {
        StateColumn(
            self, StateForm(.list, version, type: "\(Element.self)", timeToLive),
            migrations: migrations.map(\.version),
            ListColumn(timeToLive, migrations))
    }
}

extension ProcessContext {
    /// The elements of the current key's list, oldest first, without expired ones. O(1), or O(n) with a time to live.
    /// Written, they take the place of all that were there.
    @inlinable public subscript<Element>(state: ListState<Element>) -> [Element] {
        get { columns.body(of: state, as: ListColumn<Element>.self).pointee.read(slot, clocks) }
        set {
            let column = columns.body(of: state, as: ListColumn<Element>.self)
            slots.uses[slot] += column.pointee.replace(with: newValue, slot, clocks)
        }
    }

    /// Adds an element to the end of the current key's list. O(1) amortised.
    @inlinable public mutating func append<Element>(_ element: Element, to state: ListState<Element>) {
        slots.uses[slot] +=
            columns.body(of: state, as: ListColumn<Element>.self).pointee.append(element, slot, clocks)
    }

    /// Forgets the list of the current key. O(n).
    @inlinable public mutating func clear<Element>(_ state: ListState<Element>) { self[state] = [] }
}
