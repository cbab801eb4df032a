import Foundation

/// A JSON value, as cases are made of.
enum JSONValue: Hashable {
    case null
    case bool(Bool)
    case integer(Int64)
    case number(Double)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    var integer: Int64? {
        if case .integer(let value) = self { value } else { nil }
    }

    var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    var object: [String: JSONValue]? {
        if case .object(let value) = self { value } else { nil }
    }

    init(_ value: Int64?) { self = value.map { .integer($0) } ?? .null }
    init(_ value: Int) { self = .integer(Int64(value)) }
}

extension JSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .integer(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else if let value = try? container.decode([String: JSONValue].self) {
            self = .object(value)
        } else {
            self = .number(try container.decode(Double.self))
        }
    }
}

extension JSONValue {
    /// The order in which the recorded cases have their fields; others follow by name.
    private static let order = [
        "schema", "name", "family", "about", "spec", "op", "step", "ts", "ts_ms", "key", "k", "value", "v", "tag",
        "start", "end", "timer", "count", "sum", "min", "max", "distinct_tags", "seqs", "watermark", "rows_in",
        "steps",
        "columns", "rows", "windows", "timers", "late_seqs", "watermark_after_step", "expected",
    ].enumerated().reduce(into: [String: Int]()) { $0[$1.element] = $1.offset }

    private static func fields(of object: [String: JSONValue]) -> [(key: String, value: JSONValue)] {
        object.sorted {
            (order[$0.key] ?? .max, $0.key) < (order[$1.key] ?? .max, $1.key)
        }
    }

    /// On one line.
    var text: String {
        switch self {
        case .null: "null"
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): "\(value)"
        case .string(let value): Self.quoted(value)
        case .array(let values): "[" + values.map(\.text).joined(separator: ",") + "]"
        case .object(let fields):
            "{" + Self.fields(of: fields).map { Self.quoted($0.key) + ":" + $0.value.text }.joined(separator: ",")
                + "}"
        }
    }

    /// A case, with each step and each row on a line of its own, as the recorded cases are written.
    var caseText: String { lines(depth: 0, opens: ["expected"]) + "\n" }

    private func lines(depth: Int, opens: Set<String>) -> String {
        guard let object else { return text }
        let margin = String(repeating: " ", count: depth)
        let fields = Self.fields(of: object).map { key, value -> String in
            var written = value.text
            if opens.contains(key) {
                written = value.lines(depth: depth + 1, opens: [])
            } else if let rows = value.array, rows.contains(where: { $0.object != nil || $0.array != nil }) {
                written = "[\n" + rows.map { margin + "  " + $0.text }.joined(separator: ",\n") + "\n\(margin) ]"
            }
            return "\(margin) \(Self.quoted(key)): \(written)"
        }
        return "{\n" + fields.joined(separator: ",\n") + "\n\(margin)}"
    }

    private static func quoted(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case _ where scalar.value < 0x20: text += String(format: "\\u%04x", scalar.value)
            default: text.unicodeScalars.append(scalar)
            }
        }
        return text + "\""
    }
}
