import EventTime

/// What came out of a case of family "sql".
struct QueryOutcome {
    struct Row {
        var window: TimeWindow
        var key: String?
        /// `nil`: NULL.
        var values: [Int64?]

        var json: JSONValue {
            .array(
                [.integer(window.start), .integer(window.end), key.map { .string($0) } ?? .null]
                    + values.map { JSONValue($0) })
        }

        /// NULL comes first.
        static func precedes(_ a: Row, _ b: Row) -> Bool {
            let (first, second) = ((a.window.start, a.window.end), (b.window.start, b.window.end))
            if first != second { return first < second }
            if a.key != b.key { return QueryCase.NullableText(a.key) < QueryCase.NullableText(b.key) }
            for (mine, other) in zip(a.values, b.values) where mine != other {
                guard let other else { return false }
                return mine.map { $0 < other } ?? true
            }
            return false
        }
    }

    /// What a firing says of its rows.
    struct Fold {
        var count: Int64
        /// Rows whose value, or tag, is not NULL.
        var values: Int64
        var tags: Int64
        var sum: Int64
        var least: Int64
        var greatest: Int64
        var distinctTags: Int64
        var distinctValues: Int64

        func value(of aggregate: QueryText.Aggregate, keyIsNull: Bool) -> Int64? {
            switch aggregate {
            case .countAll: count
            case .count("v"): values
            case .count("tag"): tags
            case .count: keyIsNull ? 0 : count
            case .countDistinct("v"): distinctValues
            case .countDistinct: distinctTags
            case .sum: values == 0 ? nil : sum
            // Truncated toward zero.
            case .average: values == 0 ? nil : sum / values
            case .least: values == 0 ? nil : least
            case .greatest: values == 0 ? nil : greatest
            }
        }
    }

    var columns: [String]
    var rows: [Row] = []
    var failure: String?

    var expected: JSONValue {
        if let failure { return .object(["error": .string(failure)]) }
        return .object([
            "columns": .array(columns.map { .string($0) }),
            "rows": .array(rows.sorted(by: Row.precedes).map(\.json)),
        ])
    }

    /// The first thing that is not as expected; `nil` where all is. Of an error only that it is one is compared.
    func difference(from expected: JSONValue) throws -> String? {
        var fields = try CaseFields(expected, "expected")
        let error = try fields.string("error")
        let columns = try fields.array("columns")
        let rows = try fields.array("rows")
        try fields.finish()
        if let error { return failure == nil ? "expected the error \(error), found rows" : nil }
        if let failure { return "expected rows, found the error: \(failure)" }
        let own = JSONValue.array(self.columns.map { .string($0) })
        if let columns, JSONValue.array(columns) != own {
            return "columns: expected \(JSONValue.array(columns).text), found \(own.text)"
        }
        var wanted = (rows ?? []).map(\.text).sorted()[...]
        var found = self.rows.map(\.json.text).sorted()[...]
        while let want = wanted.first, let have = found.first, want == have {
            wanted.removeFirst()
            found.removeFirst()
        }
        if wanted.isEmpty, found.isEmpty { return nil }
        return "rows: expected \(wanted.first ?? "nothing"), found \(found.first ?? "nothing")"
    }
}
