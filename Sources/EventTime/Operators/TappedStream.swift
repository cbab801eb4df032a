/// A stream some of whose elements go into a sink on their way.
public struct TappedStream<Upstream: EventStream & ~Copyable, Element, Sink: StreamSink & ~Copyable>:
    EventStream, ~Copyable
{
    @usableFromInline var upstream: Upstream
    @usableFromInline var outlet: SinkOutlet<Sink>
    /// What goes on, and what goes into the sink.
    @usableFromInline let route: (Upstream.Element) -> (main: Element?, side: Sink.Element?)

    @inlinable init(
        _ upstream: consuming Upstream, into sink: consuming Sink,
        route: @escaping (Upstream.Element) -> (main: Element?, side: Sink.Element?)
    ) {
        self.upstream = upstream
        outlet = SinkOutlet(sink)
        self.route = route
    }

    @inlinable public mutating func open(_ run: StreamRun) throws {
        try upstream.open(run)
        try outlet.open(run)
    }

    @inlinable public mutating func poll(emit: (StreamEvent<Element>) -> Void) throws {
        try upstream.poll { event in
            switch event {
            case .element(let element):
                let (main, side) = route(element.value)
                if let side { outlet.write(Timed(side, at: element.time)) }
                if let main { emit(.element(Timed(main, at: element.time))) }
            case .watermark(let time): emit(.watermark(time))
            case .idle: emit(.idle)
            case .active: emit(.active)
            case .barrier(let checkpoint):
                outlet.preCommit(checkpoint)
                emit(.barrier(checkpoint))
            case .end: emit(.end)
            case .turn: emit(.turn)
            }
        }
        try outlet.check()
    }

    @inlinable public mutating func commit(_ checkpoint: UInt64) throws {
        try upstream.commit(checkpoint)
        try outlet.commit(checkpoint)
    }

    @inlinable public mutating func finish() throws {
        try upstream.finish()
        try outlet.finish()
    }
}

extension EventStream where Self: ~Copyable {
    /// The stream of main results; side results go into `sink`, in the order in which they came among the others.
    @inlinable public consuming func sideOutput<Main, Side, Sink: StreamSink & ~Copyable>(
        into sink: consuming Sink
    ) -> TappedStream<Self, Main, Sink> where Element == WithSide<Main, Side>, Sink.Element == Side {
        TappedStream(self, into: sink) { result in
            switch result {
            case .main(let main): (main, nil)
            case .side(let side): (nil, side)
            }
        }
    }

    /// The stream of main results; each side result is handed to `body`.
    @inlinable public consuming func sideOutput<Main, Side>(
        _ body: @escaping (Timed<Side>) throws -> Void
    ) -> TappedStream<Self, Main, ClosureSink<Side>> where Element == WithSide<Main, Side> {
        sideOutput(into: ClosureSink(body))
    }

    /// The stream of main results; side results are dropped.
    @inlinable public consuming func withoutSide<Main, Side>()
        -> TransformedStream<Self, CompactMapOperator<Element, Main>> where Element == WithSide<Main, Side>
    {
        compactMap { result in
            switch result {
            case .main(let main): main
            case .side: nil
            }
        }
    }

    /// The same stream; each element also goes into `sink`.
    @inlinable public consuming func tap<Sink: StreamSink & ~Copyable>(
        into sink: consuming Sink
    ) -> TappedStream<Self, Element, Sink> where Sink.Element == Element {
        TappedStream(self, into: sink) { ($0, $0) }
    }
}
