import EventTime

/// Watermarks of a case's inputs, made one by the engine's valve.
struct CaseWatermarks {
    private var valve: WatermarkValve
    private var bounded: [BoundedOutOfOrderness]
    private var newest: [Nanoseconds]

    init(inputs: Int, delay: Nanoseconds?) {
        valve = WatermarkValve(inputCount: inputs)
        bounded = delay.map { Array(repeating: BoundedOutOfOrderness(delay: $0), count: inputs) } ?? []
        newest = Array(repeating: .min, count: inputs)
    }

    /// What the step means to the watermark of all inputs: the ones to come to, in order.
    mutating func take(_ step: StreamCase.Step) -> [Nanoseconds] {
        var reached: [Nanoseconds] = []
        func note(_ output: WatermarkValve.Output) {
            if case .watermark(let time) = output { reached.append(time) }
        }
        switch step {
        case .event(let input, let time, _, _):
            if !bounded.isEmpty, bounded[input].observe(time) { raise(input, to: bounded[input].watermark, note) }
        case .watermark(let input, let time): raise(input, to: time, note)
        case .idle(let input): valve.makeIdle(input, emit: note)
        case .active(let input): valve.makeActive(input, emit: note)
        }
        return reached
    }

    /// A watermark that rises makes its input active.
    private mutating func raise(_ input: Int, to time: Nanoseconds, _ emit: (WatermarkValve.Output) -> Void) {
        guard time > newest[input] else { return }
        newest[input] = time
        valve.makeActive(input, emit: emit)
        valve.advance(input, to: time, emit: emit)
    }
}
