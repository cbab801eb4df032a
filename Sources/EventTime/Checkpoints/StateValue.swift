/// A value that state may hold: what it writes, it reads again, in this version of the program and in later ones.
public protocol StateValue {
    func encode(into state: inout StateEncoder)
    /// Throws ``StateError`` where the bytes are not such a value; hostile bytes never trap.
    init(from state: inout StateDecoder) throws(StateError)
}

extension StateValue where Self: FixedWidthInteger & BitwiseCopyable {
    @inlinable public func encode(into state: inout StateEncoder) { state.encode(self) }
    @inlinable public init(from state: inout StateDecoder) throws(StateError) { self = try state.decode() }
}

extension Int8: StateValue {}
extension Int16: StateValue {}
extension Int32: StateValue {}
extension Int64: StateValue {}
extension UInt8: StateValue {}
extension UInt16: StateValue {}
extension UInt32: StateValue {}
extension UInt64: StateValue {}

extension Int: StateValue {
    @inlinable public func encode(into state: inout StateEncoder) { state.encode(Int64(self)) }
    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        guard let value = Int(exactly: try state.decode(Int64.self)) else { throw state.invalid("not an Int") }
        self = value
    }
}

extension Bool: StateValue {
    @inlinable public func encode(into state: inout StateEncoder) { state.encode(UInt8(self ? 1 : 0)) }
    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        switch try state.decode(UInt8.self) {
        case 0: self = false
        case 1: self = true
        case let other: throw state.invalid("\(other) is no truth value")
        }
    }
}

extension Double: StateValue {
    @inlinable public func encode(into state: inout StateEncoder) { state.encode(bitPattern) }
    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self = Double(bitPattern: try state.decode())
    }
}

extension Float: StateValue {
    @inlinable public func encode(into state: inout StateEncoder) { state.encode(bitPattern) }
    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self = Float(bitPattern: try state.decode())
    }
}

extension String: StateValue {
    public func encode(into state: inout StateEncoder) {
        var copy = self
        copy.withUTF8 { text in
            state.encode(UInt64(text.count))
            state.encode(bytes: UnsafeRawBufferPointer(text))
        }
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        let bytes = try state.decodeBytes(try state.decodeCount(elementSize: 1))
        guard let text = String(validating: bytes, as: UTF8.self) else { throw state.invalid("not UTF-8") }
        self = text
    }
}

extension Optional: StateValue where Wrapped: StateValue {
    @inlinable public func encode(into state: inout StateEncoder) {
        (self != nil).encode(into: &state)
        if let value = self { value.encode(into: &state) }
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self = try Bool(from: &state) ? Wrapped(from: &state) : nil
    }
}

extension Array: StateValue where Element: StateValue {
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(UInt64(count))
        for element in self { element.encode(into: &state) }
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        // An element may take no byte at all: memory is taken as they come.
        let count = try state.decodeCount(elementSize: 1)
        self = []
        for _ in 0..<count { append(try Element(from: &state)) }
    }
}

/// In the order of the encoded keys, so that equal dictionaries have equal bytes.
extension Dictionary: StateValue where Key: StateValue, Value: StateValue {
    public func encode(into state: inout StateEncoder) {
        let entries = map { entry in
            (key: StateEncoder.bytes { entry.key.encode(into: &$0) }, value: entry.value)
        }.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        state.encode(UInt64(count))
        for entry in entries {
            entry.key.withUnsafeBytes { state.encode(bytes: $0) }
            entry.value.encode(into: &state)
        }
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        let count = try state.decodeCount(elementSize: 1)
        self = [:]
        for _ in 0..<count {
            let key = try Key(from: &state)
            guard updateValue(try Value(from: &state), forKey: key) == nil else {
                throw state.invalid("a key stands there twice")
            }
        }
    }
}

extension RawRepresentable where Self: StateValue, RawValue: StateValue {
    public func encode(into state: inout StateEncoder) { rawValue.encode(into: &state) }
    public init(from state: inout StateDecoder) throws(StateError) {
        guard let value = Self(rawValue: try RawValue(from: &state)) else {
            throw state.invalid("not a \(Self.self)")
        }
        self = value
    }
}
