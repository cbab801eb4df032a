internal import Synchronization

/// A state that a function keeps for each key, declared once with a name and a version: ``ValueState``,
/// ``ListState``, ``MapState``, ``ReducingState``, ``AggregatingState``; or ``RemovedState``.
///
/// A checkpoint finds its state by name. The same version reads the old bytes; an older one goes through a migration
/// that the declaration gives; a state that is not declared any more, or as something else, is an error that names it.
public protocol StateDeclaration: Sendable {
    /// Unique among the states of a function.
    var name: String { get }
    /// The version of the form of its values; rises when that changes.
    var version: UInt32 { get }
}

/// What declarations of this module say besides.
@usableFromInline protocol KeyedStateDeclaration: StateDeclaration {
    /// The same in all copies of a declaration, and in no other.
    var identity: StateIdentity { get }
    func makeColumn() -> any KeyedColumn
}

/// Tells declarations apart within a process.
@usableFromInline struct StateIdentity: Hashable, Sendable {
    private static let next = Atomic<UInt64>(1)

    @usableFromInline let number: UInt64

    @usableFromInline init() { number = Self.next.add(1, ordering: .relaxed).oldValue }
}

/// A state that was declared once and is no more: what checkpoints hold of it is left out.
public struct RemovedState: StateDeclaration {
    public let name: String
    public var version: UInt32 { .max }

    public init(_ name: String) { self.name = name }
}

/// How values of an older version of a state become values of the declared one.
public struct StateMigration<Value>: Sendable {
    /// The version it starts from.
    public let version: UInt32
    @usableFromInline let decode: @Sendable (inout StateDecoder) throws(StateError) -> Value

    /// Reads each value as the type it had in `version`, and converts it.
    public static func from<Old: StateValue & SendableMetatype>(
        version: UInt32, _ convert: @escaping @Sendable (Old) -> Value
    ) -> Self {
        Self(version: version) { (state: inout StateDecoder) throws(StateError) in convert(try Old(from: &state)) }
    }
}

/// The states among the properties of a function, and among those of structures in them.
@usableFromInline func declaredStates(of function: Any) -> [any StateDeclaration] {
    var found: [any StateDeclaration] = []
    collectStates(of: Mirror(reflecting: function), into: &found)
    return found
}

private func collectStates(of mirror: Mirror, into found: inout [any StateDeclaration]) {
    for child in mirror.children {
        if let declaration = child.value as? any StateDeclaration {
            found.append(declaration)
            continue
        }
        let inner = Mirror(reflecting: child.value)
        switch inner.displayStyle {
        case .struct, .tuple, .optional: collectStates(of: inner, into: &found)
        default: continue
        }
    }
}
