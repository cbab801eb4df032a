/// A stream of what a source gives, with its times and watermarks.
public struct SourceStream<Source: StreamSource & ~Copyable, Strategy: WatermarkStrategy>: EventStream, ~Copyable
where Strategy.Element == Source.Element {
    public typealias Element = Source.Element

    @usableFromInline var source: Source
    @usableFromInline let time: (Element) -> Nanoseconds
    @usableFromInline var watermarks: Strategy
    @usableFromInline var state = StreamNode()
    @usableFromInline var watermark = Nanoseconds.min
    @usableFromInline var isIdle = false
    @usableFromInline var hasEnded = false
    @usableFromInline var hasSaidSo = false
    /// The newest checkpoint that the source's position is in.
    @usableFromInline var checkpoint: UInt64 = 0
    /// When the source, asked, had nothing for the first time since it last gave something.
    @usableFromInline var emptySince: Nanoseconds?
    /// The source's number in its group of aligned sources.
    @usableFromInline var member = 0

    @inlinable public init(
        _ source: consuming Source, at time: @escaping (Element) -> Nanoseconds, watermarks: Strategy
    ) {
        self.source = source
        self.time = time
        self.watermarks = watermarks
    }

    @inlinable public mutating func open(_ run: StreamRun) throws {
        state = StreamNode(run, "source")
        checkpoint = run.requested
        if let alignment = watermarks.alignment { member = alignment.group.join() }
        guard let part = try state.restored() else { return }
        var decoder = StateDecoder(part)
        try source.seek(to: Source.Position(from: &decoder))
        try watermarks.restore(from: &decoder)
        watermark = try decoder.decode()
        isIdle = try Bool(from: &decoder)
        hasEnded = try Bool(from: &decoder)
        try decoder.finish()
        report()
    }

    @inlinable public mutating func poll(emit: (StreamEvent<Element>) -> Void) throws {
        guard let run = state.run else { return }
        defer { emit(.turn) }
        if checkpoint < run.requested {
            checkpoint = run.requested
            save()
            emit(.barrier(checkpoint))
            run.madeProgress = true
            return
        }
        guard !hasEnded else { return sayEnd(emit) }
        let limit = watermarks.alignment.map { $0.group.slowest.saturatingAdd($0.drift) } ?? .max
        defer { report() }
        for _ in 0..<run.options.turnSize {
            guard watermark <= limit else {
                // Held back by the slower ones: that is no idleness.
                emptySince = nil
                return
            }
            switch try source.next() {
            case .element(let value):
                run.madeProgress = true
                if isIdle {
                    isIdle = false
                    emit(.active)
                }
                emptySince = nil
                let element = Timed(value, at: time(value))
                emit(.element(element))
                if let reached = watermarks.watermark(after: element), reached > watermark {
                    watermark = reached
                    emit(.watermark(reached))
                }
            case .nothingNow:
                noteNothing(at: run.now, emit)
                return
            case .end:
                run.madeProgress = true
                hasEnded = true
                if isIdle {
                    isIdle = false
                    emit(.active)
                }
                if watermark < .max {
                    watermark = .max
                    emit(.watermark(.max))
                }
                return sayEnd(emit)
            }
        }
    }

    /// Says once in each run that the source has ended, also where it had before the checkpoint that was restored.
    @inlinable mutating func sayEnd(_ emit: (StreamEvent<Element>) -> Void) {
        if !hasSaidSo { emit(.end) }
        hasSaidSo = true
    }

    /// The source was asked and had nothing, at `now`. Where it had nothing before either, it had nothing in between,
    /// however long it was not asked.
    @inlinable mutating func noteNothing(at now: Nanoseconds, _ emit: (StreamEvent<Element>) -> Void) {
        guard let timeout = watermarks.idleTimeout, !isIdle else { return }
        let since = emptySince ?? now
        emptySince = since
        guard now.saturatingSubtract(since) >= timeout else { return }
        isIdle = true
        emit(.idle)
    }

    @inlinable public mutating func commit(_ checkpoint: UInt64) {}
    @inlinable public mutating func finish() {}

    /// Tells the aligned sources how far this one has come.
    @inlinable func report() {
        watermarks.alignment?.group.report(member, isIdle || hasEnded ? nil : watermark)
    }

    @inlinable func save() {
        state.save(
            checkpoint,
            StateEncoder.bytes { state in
                source.position.encode(into: &state)
                watermarks.snapshot(into: &state)
                state.encode(watermark)
                isIdle.encode(into: &state)
                hasEnded.encode(into: &state)
            })
    }
}

extension StreamSource where Self: ~Copyable {
    /// A stream of the source's elements; `time` gives the event time of each.
    @inlinable public consuming func stream(
        at time: @escaping (Element) -> Nanoseconds, watermarks: Watermarks<Element>
    ) -> SourceStream<Self, Watermarks<Element>> {
        SourceStream(self, at: time, watermarks: watermarks)
    }

    /// A stream of the source's elements, with a watermark strategy of one's own.
    @inlinable public consuming func stream<Strategy: WatermarkStrategy>(
        at time: @escaping (Element) -> Nanoseconds, strategy: Strategy
    ) -> SourceStream<Self, Strategy> where Strategy.Element == Element {
        SourceStream(self, at: time, watermarks: strategy)
    }
}

extension Collection {
    /// A stream of the elements, in order; `time` gives the event time of each.
    @inlinable public func stream(
        at time: @escaping (Element) -> Nanoseconds, watermarks: Watermarks<Element>
    ) -> SourceStream<CollectionSource<Self>, Watermarks<Element>> {
        CollectionSource(self).stream(at: time, watermarks: watermarks)
    }
}
