/// JSON (RFC 8259) as manifests have it: the members of an object keep their order, and all numbers are integers.
indirect enum JSONValue: Equatable {
    case null
    case boolean(Bool)
    case integer(Int128)
    case string(String)
    case array([JSONValue])
    case object([Member])

    struct Member: Equatable {
        var name: String
        var value: JSONValue

        /// Members from pairs, in their order.
        static func list(_ pairs: KeyValuePairs<String, JSONValue>) -> [Member] {
            pairs.map { Member(name: $0.key, value: $0.value) }
        }
    }

    /// An object from pairs, in their order.
    static func members(_ pairs: KeyValuePairs<String, JSONValue>) -> JSONValue { .object(Member.list(pairs)) }

    /// The text, over several lines where `depth` is less than two: objects in arrays take a line each.
    func text(depth: Int = 0) -> String {
        switch self {
        case .null: return "null"
        case .boolean(let value): return value ? "true" : "false"
        case .integer(let value): return "\(value)"
        case .string(let value): return Self.quoted(value)
        case .array(let values): return Self.list(values.map { $0.text(depth: depth + 1) }, "[", "]", depth)
        case .object(let members):
            let lines = members.map { "\(Self.quoted($0.name)): \($0.value.text(depth: depth + 1))" }
            return Self.list(lines, "{", "}", depth)
        }
    }

    private static func list(_ items: [String], _ open: String, _ close: String, _ depth: Int) -> String {
        guard depth < 2, !items.isEmpty else { return open + items.joined(separator: ", ") + close }
        let indentation = "\n" + String(repeating: "  ", count: depth)
        return open + items.map { indentation + "  " + $0 }.joined(separator: ",") + indentation + close
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..."\u{1F}", "\u{7F}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
