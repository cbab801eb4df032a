import EventTime

/// What came out of a case of family "datastream".
struct StreamOutcome {
    /// A row that the operator emitted.
    struct Row {
        var step: Int
        var key: String
        /// Of a window with bounds in time.
        var start: Int64?
        var end: Int64?
        /// Of a timer.
        var timer: Int64?
        var fields: [String: JSONValue]

        /// The order of rows in a case: step, end, start, timer, key.
        static func precedes(_ a: Row, _ b: Row) -> Bool {
            (a.step, a.end ?? 0, a.start ?? 0, a.timer ?? 0) != (b.step, b.end ?? 0, b.start ?? 0, b.timer ?? 0)
                ? (a.step, a.end ?? 0, a.start ?? 0, a.timer ?? 0) < (
                    b.step, b.end ?? 0, b.start ?? 0, b.timer ?? 0
                )
                : a.key < b.key
        }

        var json: JSONValue {
            var all = fields
            all["step"] = JSONValue(step)
            all["key"] = .string(key)
            return .object(all)
        }
    }

    /// "windows" or "timers".
    var kind: String
    /// In the order in which they came.
    var rows: [Row] = []
    var late: [Int64] = []
    /// `nil`: none yet.
    var watermarks: [Int64?] = []

    var expected: JSONValue {
        .object([
            kind: .array(rows.sorted(by: Row.precedes).map(\.json)),
            "late_seqs": .array(late.map { .integer($0) }),
            "watermark_after_step": .array(watermarks.map { JSONValue($0) }),
        ])
    }

    /// The first thing that is not as expected; `nil` where all is. Rows of one step are compared without their order,
    /// and where `seqs` is a set, that as well. Throws where something is expected that is not known here.
    func difference(from expected: JSONValue, sequencesAreSets: Bool) throws -> String? {
        var fields = try CaseFields(expected, "expected")
        let watermarks = try fields.array("watermark_after_step")
        let rows = try fields.array(kind)
        let late = try fields.array("late_seqs")
        try fields.finish()
        if let watermarks, let place = firstDifference(watermarks, self.watermarks.map { JSONValue($0) }) {
            return "watermark after step \(place)"
        }
        if let rows, let place = try rowDifference(rows, sequencesAreSets: sequencesAreSets) { return place }
        if let late, let place = firstDifference(late, self.late.map { .integer($0) }) {
            return "late_seqs, element \(place)"
        }
        return nil
    }

    private func firstDifference(_ expected: [JSONValue], _ found: [JSONValue]) -> String? {
        for place in 0..<max(expected.count, found.count) {
            let want = place < expected.count ? expected[place].text : "nothing"
            let have = place < found.count ? found[place].text : "nothing"
            if want != have { return "\(place): expected \(want), found \(have)" }
        }
        return nil
    }

    private func rowDifference(_ expected: [JSONValue], sequencesAreSets: Bool) throws -> String? {
        // What is not expected to be there, as the content of large windows, is not compared.
        let compared = expected.reduce(into: Set(["step", "key"])) {
            $0.formUnion($1.object?.keys.map { $0 } ?? [])
        }
        let known = rows.first.map { Set($0.fields.keys).union(["step", "key", "seqs"]) } ?? compared
        if let stranger = compared.subtracting(known).min() {
            throw CaseError.unknown("expected.\(kind).\(stranger)")
        }
        func comparable(_ row: JSONValue) -> (step: Int64, text: String) {
            var fields = (row.object ?? [:]).filter { expected.isEmpty || compared.contains($0.key) }
            if sequencesAreSets, let sequences = fields["seqs"]?.array {
                fields["seqs"] = .array(sequences.sorted { ($0.integer ?? 0) < ($1.integer ?? 0) })
            }
            return (fields["step"]?.integer ?? -1, JSONValue.object(fields).text)
        }
        var wanted = expected.map(comparable).sorted { $0 < $1 }[...]
        var found = rows.map { comparable($0.json) }.sorted { $0 < $1 }[...]
        while let want = wanted.first, let have = found.first, want == have {
            wanted.removeFirst()
            found.removeFirst()
        }
        switch (wanted.first, found.first) {
        case (nil, nil): return nil
        case (let want?, let have?) where want.step == have.step:
            return "\(kind), step \(want.step): expected \(want.text), found \(have.text)"
        case (let want?, let have) where have.map { want.step < $0.step } ?? true:
            return "\(kind), step \(want.step): expected \(want.text), found nothing"
        default:
            return "\(kind), step \(found.first?.step ?? -1): expected nothing, found \(found.first?.text ?? "")"
        }
    }
}
