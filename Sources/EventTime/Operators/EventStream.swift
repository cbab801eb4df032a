/// What flows through a stream, in order.
@frozen public enum StreamEvent<Element> {
    /// An element. It comes before the watermark that it causes.
    case element(Timed<Element>)
    /// Event time has come this far; rising. ``Nanoseconds`` `.max`: to the end of the input.
    case watermark(Nanoseconds)
    /// The stream has nothing to give for now and is not to be waited for.
    case idle
    /// The stream is to be waited for again.
    case active
    /// A checkpoint is taken here: what came before is in it, what comes after is not (Chandy and Lamport, 1985;
    /// Carbone et al., "Lightweight asynchronous snapshots for distributed dataflows", 2015). Alone in its turn.
    case barrier(UInt64)
    /// Nothing more will come but turns and barriers.
    case end
    /// The end of a turn: of what one request made the sources give. Streams that meet are merged turn by turn, so
    /// that their order does not depend on how far ahead threads have come with one of them.
    case turn
}

/// Timestamped elements and the advance of event time, as a value that describes how they come about and that, once
/// opened, gives them turn by turn.
///
/// Streams are composed by type: a source under a chain of operators compiles into one loop. They are not copyable, as
/// what they give is given once. A stream does nothing before a ``StreamJob`` runs it.
public protocol EventStream<Element>: ~Copyable {
    associatedtype Element

    /// Makes ready to give: names the parts of its checkpoints, takes over what a checkpoint holds of them, starts
    /// threads. Called once, upstream first.
    mutating func open(_ run: StreamRun) throws

    /// Asks the sources for one more turn and emits what comes out: mostly one turn; none or several where threads are
    /// at work in between.
    mutating func poll(emit: (StreamEvent<Element>) -> Void) throws

    /// The checkpoint is safe: sinks on the way commit what belongs to it.
    mutating func commit(_ checkpoint: UInt64) throws

    /// Nothing follows: sinks on the way are told.
    mutating func finish() throws
}

/// A stream behind one more operator.
public struct TransformedStream<Upstream: EventStream & ~Copyable, Operator: StreamOperator & ~Copyable>:
    EventStream, ~Copyable
where Operator.Input == Upstream.Element {
    public typealias Element = Operator.Output

    @usableFromInline var upstream: Upstream
    @usableFromInline var step: Operator
    @usableFromInline var state = StreamNode()

    @inlinable init(_ upstream: consuming Upstream, _ step: consuming Operator) {
        self.upstream = upstream
        self.step = step
    }

    @inlinable public mutating func open(_ run: StreamRun) throws {
        try upstream.open(run)
        state = StreamNode(run, "step")
        if let part = try state.restored() {
            var decoder = StateDecoder(part)
            try step.restore(from: &decoder)
            try decoder.finish()
        }
    }

    @inlinable public mutating func poll(emit: (StreamEvent<Element>) -> Void) throws {
        if let now = state.passedTime() { step.advanceProcessingTime(to: now) { emit(.element($0)) } }
        try upstream.poll { event in
            switch event {
            case .element(let element): step.process(element) { emit(.element($0)) }
            case .watermark(let time):
                step.advance(to: time) { emit(.element($0)) }
                emit(.watermark(time))
            case .barrier(let checkpoint):
                state.save(checkpoint, StateEncoder.bytes { step.snapshot(into: &$0) })
                emit(.barrier(checkpoint))
            case .idle: emit(.idle)
            case .active: emit(.active)
            case .end: emit(.end)
            case .turn: emit(.turn)
            }
        }
    }

    @inlinable public mutating func commit(_ checkpoint: UInt64) throws { try upstream.commit(checkpoint) }
    @inlinable public mutating func finish() throws { try upstream.finish() }
}

extension EventStream where Self: ~Copyable {
    /// Each element made into another; its time stays.
    @inlinable public consuming func map<Output>(
        _ transform: @escaping (Element) -> Output
    ) -> TransformedStream<Self, MapOperator<Element, Output>> {
        TransformedStream(self, MapOperator(transform))
    }

    /// Each element made into another at its time, or into none.
    @inlinable public consuming func compactMap<Output>(
        _ transform: @escaping (Element) -> Output?
    ) -> TransformedStream<Self, CompactMapOperator<Element, Output>> {
        TransformedStream(self, CompactMapOperator(transform))
    }

    /// The elements for which `isIncluded` holds.
    @inlinable public consuming func filter(
        _ isIncluded: @escaping (Element) -> Bool
    ) -> TransformedStream<Self, FilterOperator<Element>> {
        TransformedStream(self, FilterOperator(isIncluded))
    }

    /// Each element made into any number of others, at its time.
    @inlinable public consuming func flatMap<Output: Sequence>(
        _ transform: @escaping (Element) -> Output
    ) -> TransformedStream<Self, FlatMapOperator<Element, Output>> {
        TransformedStream(self, FlatMapOperator(transform))
    }

    /// The stream behind an operator that is not keyed: it sees all elements, on one thread.
    @inlinable public consuming func through<Operator: StreamOperator & ~Copyable>(
        _ step: consuming Operator
    ) -> TransformedStream<Self, Operator> where Operator.Input == Element {
        TransformedStream(self, step)
    }
}
