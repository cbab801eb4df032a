import EventTime

/// A case of family "sql": rows, and a query over windows of them, as Flink's SQL understands it. Times are in
/// milliseconds.
struct QueryCase {
    /// A string that may be NULL, which comes first.
    struct NullableText: StreamKey {
        var text: String?

        var stableHash: UInt64 { text?.stableHash ?? 0 }

        static func < (a: Self, b: Self) -> Bool {
            guard let second = b.text else { return false }
            return a.text.map { $0 < second } ?? true
        }

        init(_ text: String?) { self.text = text }
        init(from state: inout StateDecoder) throws(StateError) { text = try String?(from: &state) }
        func encode(into state: inout StateEncoder) { text.encode(into: &state) }
    }

    struct Row: Sendable {
        /// `nil`: NULL, as the others.
        var time: Int64?
        var key: NullableText
        var value: Int64?
        var tag: String?
    }

    enum Window {
        case slices(SlidingWindows)
        case cumulating(size: Int64, step: Int64)
        case session(gap: Int64)
    }

    private let delay: Int64
    private let window: Window
    private let query: QueryText
    private let rows: [Row]

    init(_ document: JSONValue) throws {
        var fields = try CaseFields(document, "the case")
        var spec = try CaseFields(fields.take("spec"), "spec")
        // One phase or two: the result is the same.
        _ = try spec.string("agg_phase")
        var watermark = try CaseFields(spec.take("watermark"), "spec.watermark")
        guard try watermark.string("kind") == "sql_minus" else { throw CaseError.unknown("spec.watermark.kind") }
        delay = try watermark.integer("delay_ms", in: 0...(.max))
        try watermark.finish()
        query = try QueryText(spec.required(spec.string("sql"), "sql"))
        window = try Self.window(&spec, query.function)
        try spec.finish()
        rows = try fields.required(fields.array("rows"), "rows").enumerated().map { number, value in
            var row = try CaseFields(value, "row \(number)")
            let parsed = Row(
                time: try row.integer("ts_ms"), key: NullableText(try row.string("k")), value: try row.integer("v"),
                tag: try row.string("tag"))
            try row.finish()
            return parsed
        }
        for known in ["schema", "name", "family", "about", "expected"] { _ = fields.take(known) }
        try fields.finish()
    }

    private static func window(_ spec: inout CaseFields, _ function: String) throws -> Window {
        var fields = try CaseFields(spec.take("window"), "spec.window")
        let type = try fields.required(fields.string("type"), "type")
        let window: Window
        switch (type, function) {
        case ("tumbling", "TUMBLE"), ("sliding", "HOP"):
            let size = try fields.integer("size_ms", in: 1...(.max))
            let slide = type == "sliding" ? try fields.integer("slide_ms", in: 1...(.max)) : size
            window = .slices(SlidingWindows(size: size, slide: slide, offset: try fields.integer("offset_ms") ?? 0))
        case ("cumulate", "CUMULATE"):
            window = .cumulating(
                size: try fields.integer("size_ms", in: 1...(.max)),
                step: try fields.integer("step_ms", in: 1...(.max)))
        case ("session", "SESSION"): window = .session(gap: try fields.integer("gap_ms", in: 1...(.max)))
        default: throw CaseError.unknown("spec.window \(type) of a query with \(function)")
        }
        try fields.finish()
        return window
    }

    /// Runs the query over the engine's window operators; `sharesSlices` says whether over that of shared slices where
    /// it can be.
    func run(sharesSlices: Bool) -> QueryOutcome {
        let columns = ["window_start", "window_end", "k"] + query.columns.map(\.name)
        do throws(QueryFailure) {
            let found: [QueryOutcome.Row]
            switch window {
            case .slices(let windows):
                if !query.isLegacy, windows.size % windows.slide != 0 {
                    throw QueryFailure(reason: "a size that is no multiple of the slide")
                }
                found =
                    try sharesSlices
                    ? results(of: SlicedWindowOperator(windows, aggregate: Self.aggregate))
                    : results(of: EventTimeWindows(windows))
            case .cumulating(let size, let step):
                if size % step != 0 { throw QueryFailure(reason: "a size that is no multiple of the step") }
                let windows = CumulatingWindows<NullableText, Row>(size: size, step: step)
                found =
                    try sharesSlices
                    ? results(of: SlicedWindowOperator(windows.layout, aggregate: Self.aggregate))
                    : results(of: windows)
            case .session(let gap): found = try results(of: SessionWindows(gap: gap))
            }
            return QueryOutcome(columns: columns, rows: ranked(found))
        } catch {
            return QueryOutcome(columns: columns, failure: error.reason)
        }
    }

    private static var aggregate: some Aggregate<Row, QueryOutcome.Fold> {
        combine(
            combine(
                Count<Row>(), Sum<Int64>().of { (row: Row) in row.value == nil ? 0 : 1 },
                Sum<Int64>().of { (row: Row) in row.tag == nil ? 0 : 1 }),
            // Where all are NULL, the count of values says so.
            combine(
                Sum<Int64>().of { (row: Row) in row.value ?? 0 },
                Min<Int64>().of { (row: Row) in row.value ?? .max },
                Max<Int64>().of { (row: Row) in row.value ?? .min }),
            combine(
                DistinctCount<NullableText>().of { (row: Row) in NullableText(row.tag) },
                DistinctCount<NullableText>().of { (row: Row) in NullableText(row.value.map { String($0) }) },
                Count<Row>())
        ).map { counts, values, distinct in
            let (all, withValue, withTag) = (Int64(counts.0), counts.1, counts.2)
            return QueryOutcome.Fold(
                count: all, values: withValue, tags: withTag, sum: values.0, least: values.1 ?? 0,
                greatest: values.2 ?? 0, distinctTags: Int64(distinct.0) - (withTag < all ? 1 : 0),
                distinctValues: Int64(distinct.1) - (withValue < all ? 1 : 0))
        }
    }

    private func results<Assigner: WindowAssigner<NullableText, Row>>(
        of assigner: Assigner
    ) throws(QueryFailure) -> [QueryOutcome.Row] {
        try results(of: WindowOperator(assigner, trigger: EventTimeTrigger(), aggregate: Self.aggregate))
    }

    private func results<Windows: WindowOperation<NullableText, Row, QueryOutcome.Fold> & ~Copyable>(
        of operation: consuming Windows
    ) throws(QueryFailure) -> [QueryOutcome.Row] {
        var found: [QueryOutcome.Row] = []
        let columns = query.columns.map(\.aggregate)
        func note(_ result: WindowResult<NullableText, QueryOutcome.Fold>) {
            guard let window = result.window else { return }
            found.append(
                QueryOutcome.Row(
                    window: window, key: result.key.text,
                    values: columns.map { result.result.value(of: $0, keyIsNull: result.key.text == nil) }))
        }
        // Flink's generator begins at 0, and only announces what is above.
        var watermark: Nanoseconds = 0
        for row in rows {
            guard let time = row.time else { throw QueryFailure(reason: "an event time is NULL") }
            _ = operation.process(key: row.key, element: row, at: time, emit: note)
            let reached = time.saturatingSubtract(delay)
            guard reached > watermark else { continue }
            watermark = reached
            operation.advance(to: reached, emit: note)
        }
        operation.advance(to: .max, emit: note)
        return found
    }

    /// The first rows of each window, where the query asks for them.
    private func ranked(_ rows: [QueryOutcome.Row]) -> [QueryOutcome.Row] {
        guard let ranking = query.ranking,
            let column = query.columns.firstIndex(where: { $0.name == ranking.column })
        else { return rows }
        var byWindow: [TimeWindow: [QueryOutcome.Row]] = [:]
        for row in rows { byWindow[row.window, default: []].append(row) }
        return byWindow.values.flatMap { rows in
            let sorted = rows.enumerated().sorted { a, b in
                let (first, second) = (a.element.values[column] ?? .min, b.element.values[column] ?? .min)
                if first != second { return ranking.isDescending ? first > second : first < second }
                return a.offset < b.offset
            }
            return sorted.prefix(ranking.limit).map(\.element)
        }
    }
}

/// Why a query fails, as it does in Flink.
struct QueryFailure: Error {
    var reason: String
}
