/// What is wrong with a manifest.
struct ManifestProblem: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

/// The members of an object, taken one by one: each must be there, with a value of its type, and none may be left.
struct JSONMembers {
    private var members: [String: JSONValue] = [:]
    private let isObject: Bool

    init(_ value: JSONValue) {
        guard case .object(let list) = value else {
            isObject = false
            return
        }
        isObject = true
        for member in list { members[member.name] = member.value }
    }

    private mutating func take(_ name: String) throws -> JSONValue {
        guard isObject else { throw ManifestProblem("no object where one with '\(name)' should be") }
        guard let value = members.removeValue(forKey: name) else { throw ManifestProblem("'\(name)' is missing") }
        return value
    }

    /// Whether a member is null; if so, it is taken.
    mutating func isNull(_ name: String) throws -> Bool {
        guard members[name] == .null else { return false }
        members[name] = nil
        return true
    }

    mutating func string(_ name: String) throws -> String {
        guard case .string(let value) = try take(name) else { throw ManifestProblem("'\(name)' is no text") }
        return value
    }

    mutating func natural(_ name: String) throws -> UInt64 {
        guard case .integer(let number) = try take(name), let value = UInt64(exactly: number) else {
            throw ManifestProblem("'\(name)' is no number of 64 bits without sign")
        }
        return value
    }

    mutating func integer(_ name: String) throws -> Int64 {
        guard case .integer(let number) = try take(name), let value = Int64(exactly: number) else {
            throw ManifestProblem("'\(name)' is no number of 64 bits")
        }
        return value
    }

    mutating func boolean(_ name: String) throws -> Bool {
        guard case .boolean(let value) = try take(name) else {
            throw ManifestProblem("'\(name)' is no truth value")
        }
        return value
    }

    mutating func checksum(_ name: String) throws -> UInt32 {
        let text = try string(name)
        guard let value = UInt32(text, radix: 16), Checksum.text(value) == text else {
            throw ManifestProblem("'\(name)' is no checksum")
        }
        return value
    }

    mutating func object<Value>(
        _ name: String, _ read: (inout JSONMembers) throws -> Value
    ) throws -> Value {
        var inner = JSONMembers(try take(name))
        let value = try read(&inner)
        try inner.finish()
        return value
    }

    mutating func each<Value>(_ name: String, _ read: (inout JSONMembers) throws -> Value) throws -> [Value] {
        guard case .array(let values) = try take(name) else { throw ManifestProblem("'\(name)' is no array") }
        return try values.map { value in
            var inner = JSONMembers(value)
            let result = try read(&inner)
            try inner.finish()
            return result
        }
    }

    func finish() throws {
        guard isObject else { throw ManifestProblem("no object where one should be") }
        guard let name = members.keys.min() else { return }
        throw ManifestProblem("unknown member '\(name)'")
    }
}
