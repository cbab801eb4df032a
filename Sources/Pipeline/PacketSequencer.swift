import EventTime
import Flows
import HostStatistics

/// Who takes the packets in their order, and hears when event time advances.
protocol PacketConsumer: AnyObject {
    /// Packets whose turn has come: event time has come to each one's own.
    func add(_ packets: UnsafeBufferPointer<FlowPacket>)
    /// A packet that came too late to be put in order; event time has come to `clock`.
    func add(_ packet: FlowPacket, clock: Nanoseconds)
    /// No packet before `time` is still to come but late ones; `dirty` are windows fired before that late packets
    /// changed since the last advance, in ascending order.
    func advance(to time: Nanoseconds, dirty: [Int64], notes: WindowNotes)
}

/// Puts packets in the order of event time, drops those that are late for every window, and says when event time
/// advances: all that depends on the whole stream and not on one key, so that what follows can be split.
///
/// Time advances in ticks, at most a slice long, and in step with the order of packets: the sequence of packets and
/// ticks is the same however the capture was cut into files or batches.
struct PacketSequencer<Consumer: PacketConsumer>: ~Copyable {
    let windows: SlidingWindows
    private let allowedLateness: Nanoseconds
    private let tickLength: Nanoseconds
    private let isOrdered: Bool
    private(set) var watermarks: BoundedOutOfOrderness
    var sorter: EventTimeSorter<FlowPacket>
    var nextTick = Nanoseconds.min
    private let consumer: Consumer
    /// Packets on their way to the consumer that do not lie side by side in the sorter.
    private let batch = UnsafeMutablePointer<FlowPacket>.allocate(capacity: PacketSequencer.batchCapacity)
    var dirty: Set<Int64> = []
    var notes = WindowNotes()

    /// Packets too late for every window, and in time between two windows.
    var latePackets: UInt64 = 0
    var outsidePackets: UInt64 = 0

    /// The slice of the last packet: its bounds, whether a window holds it, and the watermarks from which on the
    /// first of its windows has fired and the last is closed.
    private var slice: Int64 = 0
    private var sliceStart: Nanoseconds = 0
    private var sliceEnd: Nanoseconds = 0
    private var isInWindow = true
    private var firedFrom: Nanoseconds = 0
    private var lateFrom: Nanoseconds = 0

    /// The newest time so far; `watermarks` learn of it when anything depends on the watermark.
    private var newest = Nanoseconds.min
    /// A packet with a time from `newest` to before this one is simply the next in order: nothing else happens with it.
    private var calmUntil = Nanoseconds.min

    /// Packets in the batch that came in no order (``isOrdered``).
    private var unorderedCount = 0

    private static var batchCapacity: Int { 128 }
    /// The consumer looks at so many packets at once.
    private static var stretch: Int { HostAnalysis.lookAhead }

    deinit { batch.deallocate() }

    init(_ configuration: ReplayConfiguration, consumer: Consumer) {
        windows = configuration.windows
        allowedLateness = configuration.allowedLateness
        isOrdered = configuration.watermarkDelay != nil
        watermarks = BoundedOutOfOrderness(delay: configuration.watermarkDelay)
        sorter = EventTimeSorter(capacity: ReplayLimits.waitingPackets)
        self.consumer = consumer
        // Flows time out on ticks: a second will do, where it fits the slices.
        tickLength =
            windows.sliceLength > .second && windows.sliceLength % .second == 0 ? .second : windows.sliceLength
    }

    /// Takes up another sequencer's event time, before the first packet.
    mutating func goOn(with watermarks: BoundedOutOfOrderness) {
        self.watermarks = watermarks
        newest = watermarks.newestTime
    }

    /// Where the next packet of the stream is to be made.
    @inline(__always)
    mutating func nextPlace() -> UnsafeMutablePointer<FlowPacket> {
        if sorter.needsRoom { makeRoom() }
        return sorter.nextPlace
    }

    /// Takes the packet that was made at ``nextPlace()``, with its time.
    @inline(__always)
    mutating func addPlaced(time: Nanoseconds) {
        if time >= newest, time < calmUntil {
            newest = time
            sorter.appendPlaced(time: time)
        } else if isOnTime(time) {
            if sorter.isInOrder(time) { sorter.appendPlaced(time: time) } else { sorter.insertPlaced() }
        } else {
            addWithCare(sorter.nextPlace)
        }
    }

    /// Whether a packet that is not the newest only finds its place among those that wait: its turn has not come, and
    /// its slice is that of the newest.
    @inline(__always)
    private func isOnTime(_ time: Nanoseconds) -> Bool {
        time < newest && calmUntil > .min && time >= sliceStart && time >= sorter.releasedBefore
            && time >= newest.saturatingAdd(-(watermarks.delay ?? .max))
    }

    /// A packet that moves something on, or that comes after its turn.
    @inline(never)
    private mutating func addWithCare(_ packet: UnsafeMutablePointer<FlowPacket>) {
        if isOrdered { drain() }
        defer { foreseeCalm() }
        let time = packet.pointee.time
        if time < sliceStart || time >= sliceEnd { moveSlice(to: time) }
        let watermark = watermarks.watermark
        if watermark >= firedFrom || !isInWindow, !place(packet, watermark) { return }
        guard isOrdered else {
            newest = max(newest, time)
            (batch + unorderedCount).initialize(to: packet.pointee)
            unorderedCount += 1
            if unorderedCount == Self.batchCapacity { handUnordered() }
            return
        }
        if time < sorter.releasedBefore {
            // Its turn has passed: it is handed over at once, before time advances any further.
            consumer.add(packet.pointee, clock: sorter.releasedBefore)
        } else if sorter.isInOrder(time) {
            sorter.appendPlaced(time: time)
        } else {
            sorter.insertPlaced()
        }
        advance(to: time)
    }

    /// Until when nothing but the newest time changes, as packets come in order.
    private mutating func foreseeCalm() {
        let isCalm =
            isOrdered && isInWindow && newest >= sliceStart && newest < sliceEnd && watermarks.watermark < firedFrom
            && nextTick > .min
        // The windows of the slice fire at its end or later, so not before a packet of the slice.
        calmUntil = isCalm ? min(sliceEnd, nextTick.saturatingAdd(watermarks.delay ?? .max)) : .min
    }

    /// The input has ended: hands over all packets that still wait. Returns the windows to fire again and what is
    /// known of windows.
    mutating func finish() -> (dirty: [Int64], notes: WindowNotes) {
        drain()
        hand(through: .max)
        return takeNotes()
    }

    // MARK: Live captures

    /// All packets up to `time` have come, though none may say so: advances event time as a packet of that time would.
    mutating func advance(to time: Nanoseconds) {
        if time > newest {
            newest = time
            drain()
            foreseeCalm()
        }
    }

    /// Packets are missing; where only windows that have fired could tell, the first open one does.
    mutating func note(_ loss: CaptureLoss) {
        drain()
        var loss = loss
        if watermarks.watermark > .min {
            let open = windows.start(ofSlice: windows.firstOpenWindow(watermark: watermarks.watermark))
            if loss.end <= open {
                loss = CaptureLoss(
                    start: open, end: open.saturatingAdd(1), droppedPackets: loss.droppedPackets)
            }
        }
        notes.losses.append(loss)
    }

    // MARK: Order

    /// Raises the watermark to where the packets so far have brought it, and hands over those whose turn has come.
    ///
    /// What the consumer sees does not depend on when this is called: packets go in order, and ticks stand where they
    /// would stand if it were called after each packet, since one that makes time tick is handled with care.
    mutating func drain() {
        if unorderedCount > 0 { handUnordered() }
        _ = watermarks.observe(newest)
        let watermark = watermarks.watermark
        guard watermark > .min else { return }
        while sorter.nextTime <= watermark {
            let time = sorter.nextTime
            if time >= nextTick { tick(at: time) }
            // At the end of time there is no tick behind it.
            hand(through: time >= nextTick ? time : min(watermark, nextTick - 1))
        }
        let time = watermark.saturatingAdd(1)
        sorter.release(before: time)
        if time >= nextTick { tick(at: time) }
    }

    /// Hands over the packets up to `time`: where they wait, by whole stretches, and around stragglers from a copy.
    private mutating func hand(through time: Nanoseconds) {
        while true {
            let run = sorter.run(through: time, upTo: 8 * Self.stretch)
            if run.count >= Self.stretch {
                let whole = run.count / Self.stretch * Self.stretch
                consumer.add(UnsafeBufferPointer(rebasing: run[..<whole]))
                sorter.drop(whole)
            } else {
                let count = sorter.take(through: time, into: batch, upTo: Self.stretch)
                guard count > 0 else { return }
                consumer.add(UnsafeBufferPointer(start: batch, count: count))
            }
        }
    }

    private mutating func handUnordered() {
        consumer.add(UnsafeBufferPointer(start: batch, count: unorderedCount))
        unorderedCount = 0
    }

    /// A place for one more packet. Where too many wait, the earliest goes before its time.
    @inline(never)
    private mutating func makeRoom() {
        if sorter.isCrowded {
            drain()
            if sorter.isFull { hand(through: sorter.nextTime) }
        }
        sorter.makeRoom()
    }

    @inline(never)
    private mutating func tick(at time: Nanoseconds) {
        // Ticks stand on the grid of slices.
        let distance = time.saturatingAdd(-windows.offset)
        let tick = distance.roundedDown(toMultipleOf: tickLength).saturatingAdd(windows.offset)
        guard tick >= nextTick else { return }
        nextTick = tick.saturatingAdd(tickLength)
        let (dirty, notes) = takeNotes()
        consumer.advance(to: tick, dirty: dirty, notes: notes)
    }

    private mutating func takeNotes() -> (dirty: [Int64], notes: WindowNotes) {
        let taken = (dirty: dirty.sorted(), notes: notes)
        if !dirty.isEmpty { dirty = [] }
        if !notes.isEmpty { notes = WindowNotes() }
        return taken
    }

    // MARK: Windows

    private mutating func moveSlice(to time: Nanoseconds) {
        slice = windows.slice(containing: time)
        sliceStart = windows.start(ofSlice: slice)
        sliceEnd = windows.start(ofSlice: slice.saturatingAdd(1))
        guard let first = windows.firstWindow(containing: slice),
            let last = windows.lastWindow(containing: slice)
        else {
            isInWindow = false
            return
        }
        isInWindow = true
        firedFrom = windows.end(ofWindow: first) - 1
        lateFrom = (windows.end(ofWindow: last) - 1).saturatingAdd(allowedLateness)
    }

    /// Decides on a packet of which some window has fired, or that no window holds. False: it is dropped.
    @inline(never)
    private mutating func place(_ packet: UnsafeMutablePointer<FlowPacket>, _ watermark: Nanoseconds) -> Bool {
        guard isInWindow else {
            outsidePackets += 1
            advance(to: packet.pointee.time)
            return false
        }
        guard watermark < lateFrom || lateFrom == .max else {
            latePackets += 1
            notes.late[windows.firstOpenWindow(watermark: watermark), default: 0] += 1
            return false
        }
        guard allowedLateness > 0, var window = windows.firstWindow(containing: slice) else { return true }
        while window <= slice, windows.end(ofWindow: window) - 1 <= watermark {
            if !windows.isClosed(window, watermark: watermark, allowedLateness: allowedLateness) {
                dirty.insert(window)
                packet.pointee.isRevising = true
            }
            window = window.saturatingAdd(windows.slicesPerSlide)
            if window == .max { break }
        }
        return true
    }
}
