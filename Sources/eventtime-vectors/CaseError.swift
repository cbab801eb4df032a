/// Why a case cannot be run.
enum CaseError: Error, CustomStringConvertible {
    /// The file does not hold what the schema says.
    case malformed(String)
    /// The case asks for something that is not known here, so that running the rest would mislead.
    case unknown(String)

    var description: String {
        switch self {
        case .malformed(let reason): reason
        case .unknown(let feature): "\(feature): not known to this command"
        }
    }
}

/// The fields of an object of a case. Each is taken once; what is left at the end is unknown.
struct CaseFields {
    private let place: String
    private var fields: [String: JSONValue]

    init(_ value: JSONValue?, _ place: String) throws {
        guard let fields = value?.object else { throw CaseError.malformed("\(place) is no object") }
        self.fields = fields
        self.place = place
    }

    /// The field, `nil` where it is missing or null.
    mutating func take(_ name: String) -> JSONValue? {
        guard let value = fields.removeValue(forKey: name), value != .null else { return nil }
        return value
    }

    mutating func integer(_ name: String) throws -> Int64? {
        guard let value = take(name) else { return nil }
        guard let integer = value.integer else { throw CaseError.malformed("\(place): \(name) is no integer") }
        return integer
    }

    mutating func string(_ name: String) throws -> String? {
        guard let value = take(name) else { return nil }
        guard let string = value.string else { throw CaseError.malformed("\(place): \(name) is no string") }
        return string
    }

    mutating func bool(_ name: String) throws -> Bool? {
        guard let value = take(name) else { return nil }
        guard case .bool(let truth) = value else {
            throw CaseError.malformed("\(place): \(name) is no truth value")
        }
        return truth
    }

    mutating func array(_ name: String) throws -> [JSONValue]? {
        guard let value = take(name) else { return nil }
        guard let array = value.array else { throw CaseError.malformed("\(place): \(name) is no array") }
        return array
    }

    mutating func integers(_ name: String) throws -> [Int64]? {
        try array(name)?.map { value in
            guard let integer = value.integer else {
                throw CaseError.malformed("\(place): \(name) holds more than integers")
            }
            return integer
        }
    }

    mutating func required<Value>(_ value: Value?, _ name: String) throws -> Value {
        guard let value else { throw CaseError.malformed("\(place) has no \(name)") }
        return value
    }

    /// An integer of this range, which has to be there.
    mutating func integer(_ name: String, in range: ClosedRange<Int64>) throws -> Int64 {
        let value = try required(integer(name), name)
        guard range.contains(value) else { throw CaseError.malformed("\(place): \(name) is \(value)") }
        return value
    }

    /// Throws where a field is left that nobody took: it might change what the case means.
    func finish() throws {
        guard let name = fields.keys.min() else { return }
        throw CaseError.unknown("\(place).\(name)")
    }
}
