/// Several streams of one type of element, each an input with a number.
public protocol StreamInputs<Element>: ~Copyable {
    associatedtype Element
    var count: Int { get }
    mutating func open(_ run: StreamRun) throws
    mutating func poll(emit: (_ input: Int, StreamEvent<Element>) -> Void) throws
    mutating func commit(_ checkpoint: UInt64) throws
    mutating func finish() throws
}

/// One stream as an input.
public struct SingleInput<Stream: EventStream & ~Copyable>: StreamInputs, ~Copyable {
    public typealias Element = Stream.Element

    @usableFromInline var stream: Stream

    @inlinable init(_ stream: consuming Stream) { self.stream = stream }

    @inlinable public var count: Int { 1 }
    @inlinable public mutating func open(_ run: StreamRun) throws { try stream.open(run) }
    @inlinable public mutating func poll(emit: (Int, StreamEvent<Element>) -> Void) throws {
        try stream.poll { emit(0, $0) }
    }
    @inlinable public mutating func commit(_ checkpoint: UInt64) throws { try stream.commit(checkpoint) }
    @inlinable public mutating func finish() throws { try stream.finish() }
}

/// Some inputs, and some more.
public struct PairedInputs<First: StreamInputs & ~Copyable, Second: StreamInputs & ~Copyable>: StreamInputs,
    ~Copyable
where First.Element == Second.Element {
    public typealias Element = First.Element

    @usableFromInline var first: First
    @usableFromInline var second: Second

    @inlinable init(_ first: consuming First, _ second: consuming Second) {
        self.first = first
        self.second = second
    }

    @inlinable public var count: Int { first.count + second.count }
    @inlinable public mutating func open(_ run: StreamRun) throws {
        try first.open(run)
        try second.open(run)
    }
    @inlinable public mutating func poll(emit: (Int, StreamEvent<Element>) -> Void) throws {
        try first.poll(emit: emit)
        let before = first.count
        try second.poll { emit(before + $0, $1) }
    }
    @inlinable public mutating func commit(_ checkpoint: UInt64) throws {
        try first.commit(checkpoint)
        try second.commit(checkpoint)
    }
    @inlinable public mutating func finish() throws {
        try first.finish()
        try second.finish()
    }
}

/// Several streams as one: a turn of each after the other, and the watermark of all of them (``WatermarkValve``).
public struct UnionStream<Inputs: StreamInputs & ~Copyable>: EventStream, ~Copyable {
    public typealias Element = Inputs.Element

    @usableFromInline var inputs: Inputs
    @usableFromInline var merge: TurnMerge<Element>
    @usableFromInline var state = StreamNode()

    @inlinable init(_ inputs: consuming Inputs) {
        merge = TurnMerge(inputCount: inputs.count)
        self.inputs = inputs
    }

    @inlinable public mutating func open(_ run: StreamRun) throws {
        try inputs.open(run)
        state = StreamNode(run, "union")
        if let part = try state.restored() {
            var decoder = StateDecoder(part)
            try merge.valve.restore(from: &decoder)
            try decoder.finish()
        }
    }

    @inlinable public mutating func poll(emit: (StreamEvent<Element>) -> Void) throws {
        try inputs.poll { input, event in merge.offer(input, event, state, emit) }
    }

    @inlinable public mutating func commit(_ checkpoint: UInt64) throws { try inputs.commit(checkpoint) }
    @inlinable public mutating func finish() throws { try inputs.finish() }
}

/// Puts the turns of several inputs in one order: the first of each, then the second of each, and so on. What an input
/// gives before its turn has come waits; that is bounded by the turns that threads may be behind.
///
/// Barriers are aligned by that alone: a barrier is a turn of its own, the same one for every input.
@usableFromInline struct TurnMerge<Element> {
    @usableFromInline var valve: WatermarkValve
    @usableFromInline var waiting: [[StreamEvent<Element>]]
    /// The input whose turn it is.
    @usableFromInline var current = 0
    @usableFromInline var barriers = 0
    @usableFromInline var ends = 0

    @inlinable init(inputCount: Int) {
        valve = WatermarkValve(inputCount: inputCount)
        waiting = Array(repeating: [], count: inputCount)
    }

    @inlinable mutating func offer(
        _ input: Int, _ event: StreamEvent<Element>, _ state: StreamNode, _ emit: (StreamEvent<Element>) -> Void
    ) {
        guard input == current else { return waiting[input].append(event) }
        take(event, state, emit)
        guard input != current else { return }
        while !waiting[current].isEmpty { takeTurn(state, emit) }
    }

    /// Takes what waits of the current input, to the end of its turn.
    @inlinable mutating func takeTurn(_ state: StreamNode, _ emit: (StreamEvent<Element>) -> Void) {
        let input = current
        let events = waiting[input]
        waiting[input] = []
        var taken = 0
        while taken < events.count, current == input {
            take(events[taken], state, emit)
            taken += 1
            // With the turn of the only input, the next of the same input has come.
            if case .turn = events[taken - 1] { break }
        }
        waiting[input] = Array(events[taken...])
    }

    @inlinable mutating func take(
        _ event: StreamEvent<Element>, _ state: StreamNode, _ emit: (StreamEvent<Element>) -> Void
    ) {
        switch event {
        case .element(let element): emit(.element(element))
        case .watermark(let time): valve.advance(current, to: time) { emit(StreamEvent($0)) }
        case .idle: valve.makeIdle(current) { emit(StreamEvent($0)) }
        case .active: valve.makeActive(current) { emit(StreamEvent($0)) }
        case .barrier(let checkpoint):
            barriers += 1
            guard barriers == waiting.count else { return }
            barriers = 0
            state.save(checkpoint, StateEncoder.bytes { valve.snapshot(into: &$0) })
            emit(.barrier(checkpoint))
        case .end:
            ends += 1
            if ends == waiting.count { emit(.end) }
        case .turn:
            current += 1
            guard current == waiting.count else { return }
            current = 0
            emit(.turn)
        }
    }
}

extension StreamEvent {
    @inlinable init(_ output: WatermarkValve.Output) {
        switch output {
        case .watermark(let time): self = .watermark(time)
        case .idle: self = .idle
        case .active: self = .active
        }
    }
}

extension EventStream where Self: ~Copyable {
    /// The elements of both streams.
    @inlinable public consuming func union<Other: EventStream & ~Copyable>(
        _ other: consuming Other
    ) -> UnionStream<PairedInputs<SingleInput<Self>, SingleInput<Other>>> where Other.Element == Element {
        UnionStream(PairedInputs(SingleInput(self), SingleInput(other)))
    }

    /// Two streams of different elements as one, in which each element says where it came from.
    @inlinable public consuming func connect<Other: EventStream & ~Copyable>(
        _ other: consuming Other
    ) -> ConnectedStream<Self, Other> {
        UnionStream(
            PairedInputs(SingleInput(map { .left($0) }), SingleInput(other.map { .right($0) })))
    }
}

/// Two streams of different elements as one.
public typealias ConnectedStream<Left: EventStream & ~Copyable, Right: EventStream & ~Copyable> = UnionStream<
    PairedInputs<
        SingleInput<TransformedStream<Left, MapOperator<Left.Element, Either<Left.Element, Right.Element>>>>,
        SingleInput<TransformedStream<Right, MapOperator<Right.Element, Either<Left.Element, Right.Element>>>>
    >
>

extension UnionStream where Inputs: ~Copyable {
    /// The elements of one more stream, as one more input: a union of three has one watermark of three.
    @inlinable public consuming func union<Other: EventStream & ~Copyable>(
        _ other: consuming Other
    ) -> UnionStream<PairedInputs<Inputs, SingleInput<Other>>> where Other.Element == Element {
        UnionStream<PairedInputs<Inputs, SingleInput<Other>>>(PairedInputs(inputs, SingleInput(other)))
    }
}
