import Glibc
public import Packets

/// The packets of one or more interfaces as one stream, as they come.
///
/// One interface's packets are handed over where the kernel has put them. Those of several are merged by time: each
/// interface has a watermark of its own, up to which all of its packets have come, and a packet goes on when that
/// keeps no other interface's packets from being on time. An interface that is silent, down or gone has the clock for
/// a watermark, and so holds nobody back. A recording of the stream is therefore read just as the stream was.
///
/// A capture belongs to one thread at a time.
public final class LiveCapture {
    /// The longest time from a packet's stamp until it can be read, for which the stream allows: twice the time of the
    /// kernel's blocks, and some for a busy system.
    static let settlingTime: Int64 = 120_000_000

    private let interfaces: [LiveInterface]
    /// The kernel's stamps and the system's clock, which is the source behind the interfaces.
    private let clock: UnsafeMutablePointer<CaptureClock>
    private let inspector = InterfaceInspector()
    /// How long packets may gather in the rings before the next look; `nil` where each is wanted at once.
    private var rest: RingRest?
    /// How far behind the newest packet others may be, and on time: the watermark's delay.
    private let tolerance: Int64
    private var losses: [LiveLoss] = []
    private var news: [LiveNews] = []
    /// Event times at which the kernel's counts were last read, and the interfaces last looked at.
    private var countedAt: Int64
    private var inspectedAt: Int64
    private var nextInspection: Int64 = 0

    /// The event time from which on every packet is captured: that at which the last interface had been opened.
    public private(set) var startedAt: Int64

    /// Packets delivered so far, and bytes captured of them.
    public private(set) var packets: UInt64 = 0
    private var bytes: UInt64 = 0

    /// Begins to capture on all of the interfaces. `delay`: the watermark's, `nil` where nothing is late.
    ///
    /// Throws the first interface's ``CaptureError``.
    public init(interfaces names: [String], options: LiveOptions, delay: Int64?) throws(CaptureError) {
        tolerance = delay ?? .max
        rest = options.isImmediate ? nil : RingRest(ringBytes: options.bufferKiB * 1024)
        var interfaces: [LiveInterface] = []
        for name in names { interfaces.append(try LiveInterface(name: name, options: options)) }
        self.interfaces = interfaces
        clock = .allocate(capacity: 1)
        clock.initialize(
            to: CaptureClock(sources: interfaces.count + 1, tolerance: max(tolerance, Self.settlingTime)))
        let now = clock.pointee.eventTime(
            of: SystemClock.realtime(), source: interfaces.count, now: SystemClock.realtime)
        (countedAt, inspectedAt, startedAt) = (now, now, now)
    }

    /// Goes on from an earlier capture's event time, before the first packet is read. Where the clock was set back
    /// since, time is corrected as it is within one capture, so that not everything is late until it has caught up.
    public func goOn(from time: Int64) {
        clock.pointee.goOn(from: time)
        startedAt = max(startedAt, time)
        (countedAt, inspectedAt) = (startedAt, startedAt)
    }

    deinit {
        clock.deinitialize(count: 1)
        clock.deallocate()
    }

    /// The interfaces and how their frames begin.
    public var linkTypes: [(name: String, linkType: LinkType)] { interfaces.map { ($0.name, $0.linkType) } }

    /// The event time that it is by the system's clock.
    public var now: Int64 {
        clock.pointee.eventTime(
            of: SystemClock.realtime(), source: interfaces.count, now: SystemClock.realtime)
    }

    // MARK: Packets

    /// Hands over the packets that are there, at most `limit`; returns how many. The span cannot leave `body`.
    public func read(upTo limit: Int, _ body: (PacketRecord, RawSpan) -> Void) -> Int {
        let before = packets
        withoutActuallyEscaping(body) { body in
            if interfaces.count == 1 {
                readOne(interfaces[0], limit, body)
            } else {
                readMerged(limit, body)
            }
        }
        return Int(packets - before)
    }

    private func consumer(
        _ source: Int, _ fraction: Int64, _ body: @escaping (PacketRecord, RawSpan) -> Void
    ) -> LiveConsumer {
        LiveConsumer(
            body: body, clock: clock, source: source, linkType: interfaces[source].linkType, fraction: fraction,
            packets: packets, bytes: bytes)
    }

    private func readOne(
        _ interface: LiveInterface, _ limit: Int, _ body: @escaping (PacketRecord, RawSpan) -> Void
    ) {
        let before = now
        guard let handle = interface.handle else {
            interface.emptyAt = before
            return
        }
        var consumer = consumer(0, handle.fraction, body)
        let count = handle.dispatch(upTo: limit, to: &consumer)
        (packets, bytes) = (consumer.packets, consumer.bytes)
        if count == 0 { interface.emptyAt = before }
        if count < 0 { news.append(interface.lose()) }
    }

    private func readMerged(_ limit: Int, _ body: @escaping (PacketRecord, RawSpan) -> Void) {
        for source in interfaces.indices { fill(source) }
        var left = limit
        while left > 0, let source = earliest() {
            guard let head = interfaces[source].head, isDue(head.time) else { return }
            // Looking for the others may have brought an earlier one.
            guard earliest() == source, let handle = interfaces[source].handle else { continue }
            var consumer = consumer(source, handle.fraction, body)
            consumer.deliver(head.packet.header, head.packet.bytes, time: head.time)
            (packets, bytes) = (consumer.packets, consumer.bytes)
            interfaces[source].head = nil
            fill(source)
            left -= 1
        }
    }

    /// The interface whose next packet is the earliest, among equals the first. Packets without a time go first.
    private func earliest() -> Int? {
        var best: (source: Int, time: Int64)?
        for source in interfaces.indices {
            guard let head = interfaces[source].head else { continue }
            let time = head.time ?? .min
            if best.map({ time < $0.time }) ?? true { best = (source, time) }
        }
        return best?.source
    }

    /// Whether a packet of this time makes no packet late that another interface may still bring.
    private func isDue(_ time: Int64?) -> Bool {
        guard let time else { return true }
        for source in interfaces.indices where interfaces[source].head == nil {
            if covers(interfaces[source].emptyAt, time) { continue }
            fill(source)
            if interfaces[source].head == nil, !covers(interfaces[source].emptyAt, time) { return false }
        }
        return true
    }

    /// Whether an interface without packets at `emptyAt` is far enough for a packet of another at `time`.
    private func covers(_ emptyAt: Int64, _ time: Int64) -> Bool {
        time <= emptyAt.clampedAdd(-Self.settlingTime).clampedAdd(tolerance)
    }

    /// Takes the interface's next packet out of its ring, where there is one.
    private func fill(_ source: Int) {
        let interface = interfaces[source]
        guard interface.head == nil else { return }
        let before = now
        guard let handle = interface.handle else {
            interface.emptyAt = before
            return
        }
        do throws(LiveHandle.ReadFailure) {
            guard let packet = try handle.next() else {
                interface.emptyAt = before
                return
            }
            let time = LiveConsumer.stamp(packet.header, fraction: handle.fraction).map {
                clock.pointee.eventTime(of: $0, source: source, now: SystemClock.realtime)
            }
            interface.head = (packet, time)
        } catch {
            news.append(interface.lose())
        }
    }

    // MARK: Time

    /// The event time up to which all packets have come, where none is waiting: the interfaces were found empty, and
    /// what the kernel may still keep to itself was stamped later. `nil` where packets are waiting.
    public var quietThrough: Int64? {
        var earliest = Int64.max
        for interface in interfaces {
            if interface.head != nil { return nil }
            earliest = min(earliest, interface.emptyAt)
        }
        return earliest == .min ? nil : earliest.clampedAdd(-Self.settlingTime)
    }

    /// Waits until packets are there, a signal comes, or so many nanoseconds have passed.
    public func wait(atMost nanoseconds: Int64) {
        // While packets flow, poll(2) returns with each block, hundreds of times a second, and costs as much as a
        // tenth of the analysis. Blocks that gather for a moment are read in one go, without asking.
        let pause = rest?.next(packets: packets, bytes: bytes, now: SystemClock.monotonic()) ?? 0
        if pause > 0 {
            var time = timespec(tv_sec: 0, tv_nsec: Int(min(pause, max(nanoseconds, 0))))
            nanosleep(&time, nil)
            return
        }
        // Packets that are held back for another interface need no waiting for.
        let isHolding = interfaces.contains { $0.head != nil }
        var descriptors: [pollfd] = []
        for interface in interfaces where interface.head == nil && interface.isCapturing {
            if let handle = interface.handle {
                descriptors.append(pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0))
            }
        }
        let milliseconds = min(max(nanoseconds, 0) / 1_000_000 + 1, isHolding ? 5 : 1000)
        guard poll(&descriptors, nfds_t(descriptors.count), Int32(milliseconds)) > 0 else { return }
        let troubled = descriptors.filter { $0.revents & Int16(POLLERR | POLLHUP | POLLNVAL) != 0 }
        guard !troubled.isEmpty else { return }
        for interface in interfaces {
            if let handle = interface.handle, troubled.contains(where: { $0.fd == handle.descriptor }) {
                handle.clearError()
            }
        }
        nextInspection = 0
    }

    // MARK: Losses and news

    /// Reads the kernel's counts of dropped packets; losses are then to be taken.
    public func countDrops() {
        let now = now
        let dropped = interfaces.reduce(0) { $0 + $1.takeDrops() }
        if dropped > 0 {
            losses.append(
                LiveLoss(start: min(countedAt, now - 1), end: now, droppedPackets: dropped, isGap: false))
        }
        countedAt = now
    }

    /// Looks after interfaces that go and come, twenty times a second at most.
    public func inspect() {
        let time = SystemClock.monotonic()
        guard time >= nextInspection else { return }
        nextInspection = time + 50_000_000
        let now = now
        // Since the last look, captured all the time: a stretch in which an interface came or went counts in full.
        var capturing = 0
        for interface in interfaces {
            let wasCapturing = interface.isCapturing
            defer { if wasCapturing, interface.isCapturing { capturing += 1 } }
            if let change = interface.inspect(inspector, now: now) { news.append(change) }
        }
        if capturing < interfaces.count, now > inspectedAt {
            losses.append(LiveLoss(start: inspectedAt, end: now, droppedPackets: 0, isGap: capturing == 0))
        }
        inspectedAt = now
    }

    /// The losses since they were last taken.
    public func takeLosses() -> [LiveLoss] {
        if losses.isEmpty { return [] }
        defer { losses = [] }
        return losses
    }

    /// What has happened since it was last asked.
    public func takeNews() -> [LiveNews] {
        news += clock.pointee.takeSteps().map { .clockSetBack($0) }
        if news.isEmpty { return [] }
        defer { news = [] }
        return news
    }

    /// Why no interface can be captured any more; `nil` while one can, or may again.
    public var failure: CaptureError? {
        let failures = interfaces.compactMap(\.failure)
        return failures.count == interfaces.count ? failures.first : nil
    }

    /// What the kernel has counted, as of the last ``countDrops()``.
    public var statistics: LiveStatistics {
        interfaces.reduce(into: LiveStatistics()) { sum, interface in
            sum.received += interface.statistics.received
            sum.dropped += interface.statistics.dropped
            sum.droppedByInterface += interface.statistics.droppedByInterface
        }
    }
}
