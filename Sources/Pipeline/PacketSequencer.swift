import EventTime
import Flows
import HostStatistics

/// Who takes the packets in their order, and hears when event time advances.
protocol PacketConsumer: AnyObject {
    /// Packets whose turn has come; the consumer may change them.
    func add(_ packets: UnsafeMutableBufferPointer<FlowPacket>)
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
    var watermarks: BoundedOutOfOrderness
    var sorter: EventTimeSorter<FlowPacket>
    var nextTick = Nanoseconds.min
    private let consumer: Consumer
    /// Packets on their way to the consumer.
    private let batch = UnsafeMutablePointer<FlowPacket>.allocate(capacity: PacketSequencer.batchCapacity)
    private var batchCount = 0
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

    private static var batchCapacity: Int { 256 }

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

    /// Takes the next packet of the stream.
    @inline(__always)
    mutating func add(_ packet: inout FlowPacket) {
        if packet.time < sliceStart || packet.time >= sliceEnd { moveSlice(to: packet.time) }
        let watermark = watermarks.watermark
        if watermark >= firedFrom || !isInWindow, !place(&packet, watermark) { return }
        guard isOrdered else {
            _ = watermarks.observe(packet.time)
            hand(packet)
            return
        }
        if packet.time < sorter.releasedBefore {
            // Its turn has passed: it is handed over at once, before time advances any further.
            packet.clock = sorter.releasedBefore
            hand(packet)
        } else {
            if sorter.isFull { deliverNext() }
            sorter.push(packet, at: packet.time)
        }
        if watermarks.observe(packet.time) { drain() }
    }

    /// The input has ended: hands over all packets that still wait. Returns the windows to fire again and what is
    /// known of windows.
    mutating func finish() -> (dirty: [Int64], notes: WindowNotes) {
        while sorter.count > 0 { deliverNext() }
        handBatch()
        return takeNotes()
    }

    // MARK: Live captures

    /// All packets up to `time` have come, though none may say so: advances event time as a packet of that time would.
    mutating func advance(to time: Nanoseconds) {
        if watermarks.observe(time) { drain() }
    }

    /// Packets are missing; where only windows that have fired could tell, the first open one does.
    mutating func note(_ loss: CaptureLoss) {
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

    private mutating func drain() {
        let watermark = watermarks.watermark
        while sorter.nextTime <= watermark { deliverNext() }
        let time = watermark.saturatingAdd(1)
        sorter.release(before: time)
        if time >= nextTick { tick(at: time) }
    }

    @inline(__always)
    private mutating func deliverNext() {
        let time = sorter.nextTime
        if time >= nextTick { tick(at: min(time, watermarks.watermark.saturatingAdd(1))) }
        var packet = sorter.pop()
        packet.clock = time
        hand(packet)
    }

    @inline(__always)
    private mutating func hand(_ packet: FlowPacket) {
        (batch + batchCount).initialize(to: packet)
        batchCount += 1
        if batchCount == Self.batchCapacity { handBatch() }
    }

    mutating func handBatch() {
        consumer.add(UnsafeMutableBufferPointer(start: batch, count: batchCount))
        batchCount = 0
    }

    @inline(never)
    private mutating func tick(at time: Nanoseconds) {
        // Ticks stand on the grid of slices.
        let distance = time.saturatingAdd(-windows.offset)
        let tick = distance.roundedDown(toMultipleOf: tickLength).saturatingAdd(windows.offset)
        guard tick >= nextTick else { return }
        nextTick = tick.saturatingAdd(tickLength)
        handBatch()
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
    private mutating func place(_ packet: inout FlowPacket, _ watermark: Nanoseconds) -> Bool {
        guard isInWindow else {
            outsidePackets += 1
            if watermarks.observe(packet.time) { drain() }
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
                packet.isRevising = true
            }
            window = window.saturatingAdd(windows.slicesPerSlide)
            if window == .max { break }
        }
        return true
    }
}
