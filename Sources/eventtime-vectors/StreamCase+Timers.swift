import EventTime

extension StreamCase {
    /// Whether windows that meet become one, so that the order of their elements is not promised.
    var mergesWindows: Bool {
        guard case .windows(let window, _, _) = work else { return false }
        switch window {
        case .session, .dynamicSession: return true
        case .slices, .count, .global: return false
        }
    }

    /// Sets the timers of each event, then deletes those it names.
    private struct TimerScript: ProcessFunction {
        typealias Key = String
        typealias Output = Firing

        struct Firing {
            var timer: Nanoseconds
            var watermark: Nanoseconds
        }

        func process(_ element: CaseElement, in context: inout Context) {
            for time in element.timers { context.setTimer(at: time) }
            for time in element.deletedTimers { context.deleteTimer(at: time) }
        }

        func timer(_ timer: FiredTimer, in context: inout Context) {
            context.emit(Firing(timer: timer.time, watermark: context.watermark))
        }
    }

    /// Drives a process function whose timers the steps say.
    func runTimers() -> StreamOutcome {
        var operation = ProcessOperator(TimerScript())
        var outcome = StreamOutcome(kind: "timers")
        var watermarks = CaseWatermarks(inputs: inputs, delay: delay)
        var watermark: Nanoseconds?
        func note(_ result: Timed<ProcessOperator<TimerScript>.Output>, _ step: Int) {
            let firing = result.value.value
            outcome.rows.append(
                .init(
                    step: step, key: result.value.key, timer: firing.timer,
                    fields: ["timer": .integer(firing.timer), "watermark": .integer(firing.watermark)]))
        }
        for (number, step) in steps.enumerated() {
            if case .event(_, let time, let key, let element) = step {
                operation.process(Timed(Keyed(key, element), at: time)) { note($0, number) }
            }
            for time in watermarks.take(step) {
                watermark = time
                operation.advance(to: time) { note($0, number) }
            }
            outcome.watermarks.append(watermark)
        }
        if flushesAtEnd { operation.advance(to: .max) { note($0, steps.count) } }
        return outcome
    }
}
