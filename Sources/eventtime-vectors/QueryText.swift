/// What the query of a case of family "sql" asks for: aggregates of windows by key, and perhaps the first keys of each
/// window. Other queries are refused, as what they mean would have to be guessed.
struct QueryText {
    enum Aggregate: Hashable {
        case countAll
        case count(String)
        case countDistinct(String)
        case sum
        case average
        case least
        case greatest
    }

    struct Ranking {
        var column: String
        var isDescending: Bool
        var limit: Int
    }

    /// The aggregates and their names, in the order of the columns.
    private(set) var columns: [(name: String, aggregate: Aggregate)] = []
    private(set) var ranking: Ranking?
    /// The window's function: TUMBLE, HOP, CUMULATE or SESSION.
    private(set) var function: String
    /// `GROUP BY HOP(…)`, the older form.
    private(set) var isLegacy: Bool

    init(_ sql: String) throws {
        var text = Substring(sql)
        let ranked =
            /SELECT window_start, window_end, k, ([\w, ]+) FROM \(SELECT \*, ROW_NUMBER\(\) OVER \(PARTITION BY window_start, window_end ORDER BY (\w+) (ASC|DESC)\) AS (\w+) FROM \((.*)\)\) WHERE (\w+) <= (\d+)/
        var order: [String]?
        if let match = text.wholeMatch(of: ranked), match.4 == match.6, let limit = Int(match.7) {
            ranking = Ranking(column: String(match.2), isDescending: match.3 == "DESC", limit: limit)
            order = match.1.split(separator: ", ").map { String($0) }
            text = match.5
        }
        let table =
            /SELECT window_start, window_end, k, (.*) FROM TABLE\((TUMBLE|HOP|CUMULATE|SESSION)\(TABLE ev(?: PARTITION BY k)?, DESCRIPTOR\(ts\)(?:, INTERVAL '[\d.]+' SECOND)+\)\) GROUP BY window_start, window_end, k/
        let legacy =
            /SELECT (TUMBLE|HOP|SESSION)_START\((.*)\), (\w+)_END\((.*)\), k, (COUNT.*|SUM.*|AVG.*|MIN.*|MAX.*) FROM ev GROUP BY (\w+)\((.*)\), k/
        let list: Substring
        if let match = text.wholeMatch(of: table) {
            (list, function, isLegacy) = (match.1, String(match.2), false)
        } else if let match = text.wholeMatch(of: legacy), match.1 == match.3, match.1 == match.6,
            match.2 == match.4, match.2 == match.7
        {
            (list, function, isLegacy) = (match.5, String(match.1), true)
        } else {
            throw CaseError.unknown("a query other than aggregates of windows by k: \(sql)")
        }
        for item in list.split(separator: ", ") {
            guard let match = item.wholeMatch(of: /(COUNT|SUM|AVG|MIN|MAX)\((DISTINCT )?(\*|\w+)\) AS (\w+)/) else {
                throw CaseError.unknown("the column \(item)")
            }
            columns.append((String(match.4), try Self.aggregate(match.1, match.2 != nil, match.3)))
        }
        if let order { try rearrange(order) }
    }

    private mutating func rearrange(_ order: [String]) throws {
        let all = columns
        columns = try order.map { name in
            guard let column = all.first(where: { $0.name == name }) else {
                throw CaseError.unknown("the column \(name)")
            }
            return column
        }
        guard let ranking, columns.contains(where: { $0.name == ranking.column }) else {
            throw CaseError.unknown("a ranking by a column that is not selected")
        }
    }

    private static func aggregate(
        _ name: Substring, _ isDistinct: Bool, _ column: Substring
    ) throws -> Aggregate {
        switch (name, isDistinct, column) {
        case ("COUNT", false, "*"): .countAll
        case ("COUNT", false, "v"), ("COUNT", false, "tag"), ("COUNT", false, "k"): .count(String(column))
        case ("COUNT", true, "v"), ("COUNT", true, "tag"): .countDistinct(String(column))
        case ("SUM", false, "v"): .sum
        case ("AVG", false, "v"): .average
        case ("MIN", false, "v"): .least
        case ("MAX", false, "v"): .greatest
        default: throw CaseError.unknown("the aggregate \(name)(\(isDistinct ? "DISTINCT " : "")\(column))")
        }
    }
}
