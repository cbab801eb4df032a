import EventTime

/// What global windows have unless they are given another one: they never fire.
private struct NoTrigger: WindowTrigger {
    func onElement(
        _ element: CaseElement, at time: Nanoseconds, state: inout NoTriggerState, context: inout TriggerContext
    ) -> TriggerDecision { .wait }
}

/// What a firing says of its elements.
struct CaseFold {
    var count: Int64
    var sum: Int64
    var least: Int64
    var greatest: Int64
    var distinctTags: Int
    var sequences: [Int64]
}

extension StreamCase {
    /// Runs the case through the engine's operators. Windows that share slices have an operator of their own, where
    /// they fire by their own trigger; `sharesSlices` says whether to use it.
    func run(sharesSlices: Bool) -> StreamOutcome {
        switch work {
        case .timers: return runTimers()
        case .windows(let window, let trigger, let lateness):
            switch window {
            case .slices(let windows):
                guard sharesSlices, trigger == nil else { return run(EventTimeWindows(windows), trigger, lateness) }
                return drive(
                    SlicedWindowOperator(windows, aggregate: Self.aggregate, allowedLateness: lateness),
                    comesInSlices: true)
            case .session(let gap): return run(SessionWindows(gap: gap), trigger, lateness)
            case .dynamicSession:
                return run(DynamicSessionWindows { _, element in element.gap }, trigger, lateness)
            case .global:
                guard trigger == nil else { return run(GlobalWindows(), trigger, lateness) }
                return run(GlobalWindows(), NoTrigger(), lateness)
            case .count(let size, let slide):
                // Another trigger takes the place of the count.
                guard trigger == nil else { return run(GlobalWindows(), trigger, lateness) }
                return drive(CountWindowOperator(size: size, slide: slide, aggregate: Self.aggregate))
            }
        }
    }

    private static var aggregate: some Aggregate<CaseElement, CaseFold> {
        combine(
            Count<CaseElement>(), Sum<Int64>().of { (element: CaseElement) in element.value },
            Min<Int64>().of { (element: CaseElement) in element.value },
            Max<Int64>().of { (element: CaseElement) in element.value }
        ).and(
            DistinctCount<String>().of { (element: CaseElement) in element.tag }.and(
                Collect<Int64>().of { (element: CaseElement) in element.sequence })
        ).map { numbers, contents in
            CaseFold(
                count: Int64(numbers.0), sum: numbers.1, least: numbers.2 ?? 0, greatest: numbers.3 ?? 0,
                distinctTags: Int(contents.0), sequences: contents.1)
        }
    }

    private func run<Assigner: WindowAssigner<String, CaseElement>>(
        _ assigner: Assigner, _ trigger: Trigger?, _ lateness: Nanoseconds
    ) -> StreamOutcome {
        switch trigger {
        case .count(let count, purges: false): run(assigner, CountTrigger(count), lateness)
        case .count(let count, purges: true): run(assigner, PurgingTrigger(CountTrigger(count)), lateness)
        case .purgingEventTime: run(assigner, PurgingTrigger(EventTimeTrigger()), lateness)
        case .continuousEventTime(let interval):
            run(assigner, ContinuousEventTimeTrigger(interval: interval), lateness)
        case nil: run(assigner, EventTimeTrigger(), lateness)
        }
    }

    private func run<Assigner: WindowAssigner<String, CaseElement>, Trigger: WindowTrigger<CaseElement>>(
        _ assigner: Assigner, _ trigger: Trigger, _ lateness: Nanoseconds
    ) -> StreamOutcome {
        drive(
            WindowOperator(assigner, trigger: trigger, aggregate: Self.aggregate, allowedLateness: lateness))
    }

    /// Drives an operation with the steps. An element comes first, then the watermark that it causes. Where a window's
    /// elements come slice by slice, they are put back into the order in which they arrived: that of their numbers.
    private func drive<Windows: WindowOperation<String, CaseElement, CaseFold> & ~Copyable>(
        _ operation: consuming Windows, comesInSlices: Bool = false
    ) -> StreamOutcome {
        var outcome = StreamOutcome(kind: "windows")
        var watermarks = CaseWatermarks(inputs: inputs, delay: delay)
        let keepsSequences = steps.count <= 200
        func note(_ result: WindowResult<String, CaseFold>, _ step: Int) {
            let fold = result.result
            var fields: [String: JSONValue] = [
                "start": JSONValue(result.window?.start), "end": JSONValue(result.window?.end),
                "count": .integer(fold.count), "sum": .integer(fold.sum), "min": .integer(fold.least),
                "max": .integer(fold.greatest), "distinct_tags": JSONValue(fold.distinctTags),
                "watermark": result.firing.watermark == .min ? .null : .integer(result.firing.watermark),
            ]
            if keepsSequences {
                let sequences = comesInSlices ? fold.sequences.sorted() : fold.sequences
                fields["seqs"] = .array(sequences.map { .integer($0) })
            }
            outcome.rows.append(
                .init(
                    step: step, key: result.key, start: result.window?.start, end: result.window?.end,
                    fields: fields))
        }
        for (number, step) in steps.enumerated() {
            if case .event(_, let time, let key, let element) = step,
                operation.process(key: key, element: element, at: time, emit: { note($0, number) }) == .late
            {
                outcome.late.append(Int64(number))
            }
            for time in watermarks.take(step) { operation.advance(to: time) { note($0, number) } }
            outcome.watermarks.append(operation.watermark == .min ? nil : operation.watermark)
        }
        if flushesAtEnd { operation.advance(to: .max) { note($0, steps.count) } }
        return outcome
    }
}
