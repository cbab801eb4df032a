import EventTime
import Flows
import HostStatistics

/// What ``FrozenIntake/encode(into:)`` wrote, read and checked: an intake that has seen no packet can take it up.
final class RestoredIntake {
    fileprivate let counts: [UInt64]
    fileprivate let firstTime: Nanoseconds
    fileprivate let lastTime: Nanoseconds
    fileprivate let malformed: MalformedLog
    fileprivate let watermarks: BoundedOutOfOrderness
    fileprivate let nextTick: Nanoseconds
    fileprivate let dirty: Set<Int64>
    fileprivate let notes: WindowNotes
    fileprivate let latePackets: UInt64
    fileprivate let outsidePackets: UInt64
    fileprivate var sorter: EventTimeSorter<FlowPacket>
    /// Where to read the packets that wait, and are not in the sorter yet.
    let rereading: Rereading?

    fileprivate static let countCount = 6

    init(_ configuration: ReplayConfiguration, from state: inout StateDecoder) throws(StateError) {
        var counters = StateDecoder(try [UInt8](from: &state))
        var counts: [UInt64] = []
        for _ in 0..<Self.countCount { counts.append(try counters.decodeCounter()) }
        self.counts = counts
        firstTime = try counters.decode()
        lastTime = try counters.decode()
        malformed = try MalformedLog(from: &counters)
        watermarks = try BoundedOutOfOrderness(delay: configuration.watermarkDelay, from: &counters)
        nextTick = try counters.decode()
        let windows = try [Int64](from: &counters)
        dirty = Set(windows)
        notes = try WindowNotes(from: &counters)
        latePackets = try counters.decodeCounter()
        outsidePackets = try counters.decodeCounter()
        guard dirty.count == windows.count,
            windows.allSatisfy({ $0.flooredRemainder(dividingBy: configuration.windows.slicesPerSlide) == 0 })
        else { throw counters.invalid("windows that are none") }
        try counters.finish()
        rereading = state.version < 3 ? nil : try Rereading?(from: &state)
        if let rereading {
            sorter = EventTimeSorter(capacity: ReplayLimits.waitingPackets)
            sorter.release(before: rereading.released)
        } else {
            sorter = try EventTimeSorter(capacity: ReplayLimits.waitingPackets, from: &state)
        }
        guard isInOrder else { throw state.invalid("packets that wait from after the newest one") }
    }

    /// Packets that come in order are not compared with those that wait.
    private var isInOrder: Bool {
        (sorter.count == 0 || sorter.newestTime <= watermarks.newestTime)
            && sorter.releasedBefore <= watermarks.newestTime.saturatingAdd(1)
    }

    // MARK: Reading again

    /// Takes a packet that is read again, and has not been released for its time. False where there are too many.
    func wait(_ packet: FlowPacket) -> Bool {
        if sorter.needsRoom {
            if sorter.isFull, !dropReleased() { return false }
            sorter.makeRoom()
        }
        sorter.nextPlace.initialize(to: packet)
        if sorter.isInOrder(packet.time) { sorter.appendPlaced(time: packet.time) } else { sorter.insertPlaced() }
        return true
    }

    /// All packets have been read again: keeps those that wait. False where they are not those that did.
    func endWaiting(_ rereading: Rereading) -> Bool {
        while sorter.count > rereading.count { guard dropReleased() else { return false } }
        return sorter.count == rereading.count && isInOrder
    }

    /// Drops the first packet: of those of one time, the ones that came first were released first.
    private func dropReleased() -> Bool {
        let released = sorter.releasedBefore
        guard sorter.nextTime == released else { return false }
        withUnsafeTemporaryAllocation(of: FlowPacket.self, capacity: 1) { room in
            if let place = room.baseAddress { _ = sorter.take(through: released, into: place, upTo: 1) }
        }
        return true
    }
}

/// What a replay may hold, whatever its options.
enum ReplayLimits {
    /// Packets that wait to be put in order; the memory is taken as it is needed.
    static let waitingPackets = 1 << 20
}

extension PacketIntake {
    /// Lets a barrier pass, after handing over the packets whose turn has come. Those that wait are copied afterwards,
    /// step by step.
    ///
    /// `start`: from where on the captures hold all packets that were not released before a time; `nil` where they
    /// cannot be read again, and the checkpoint is to hold what waits.
    mutating func pass(_ barrier: FrozenReplay, rereadingFrom start: ((Nanoseconds) -> SourceProgress)? = nil) {
        finishFreezing()
        barrier.measure { freeze(into: barrier.intake, rereadingFrom: start) }
        self.barrier = barrier
    }

    /// Copies one step's worth, where there is anything left to copy; to be called between batches.
    mutating func continueFreezing() {
        guard let barrier else { return }
        let isDone = barrier.measure {
            var budget = barrier.freezingStep
            return sequencer.sorter.continueFreezing(budget: &budget)
        }
        if isDone {
            self.barrier = nil
            barrier.partIsDone()
        }
    }

    /// Copies all that is left.
    mutating func finishFreezing() {
        while barrier != nil { continueFreezing() }
    }

    /// Notes the state as it is now.
    private mutating func freeze(
        into image: FrozenIntake, rereadingFrom start: ((Nanoseconds) -> SourceProgress)?
    ) {
        let sequencerState = StateEncoder.bytes {
            sequencer.freeze(into: image, rereadingFrom: start, counters: &$0)
        }
        image.counters = StateEncoder.bytes { state in
            for count in [packets, bytes, wireBytes, nonIPPackets, malformedPackets, untimedPackets] {
                state.encode(count)
            }
            state.encode(firstTime)
            state.encode(lastTime)
            malformed.encode(into: &state)
            sequencerState.withUnsafeBytes { state.encode(bytes: $0) }
        }
    }

    mutating func takeUp(_ state: RestoredIntake) {
        packets = state.counts[0]
        bytes = state.counts[1]
        wireBytes = state.counts[2]
        nonIPPackets = state.counts[3]
        malformedPackets = state.counts[4]
        untimedPackets = state.counts[5]
        firstTime = state.firstTime
        lastTime = state.lastTime
        malformed = state.malformed
        sequencer.takeUp(state)
    }

    /// Event time, as far as it has come; `nil` before the first packet.
    var watermark: Nanoseconds? { sequencer.watermark }
}

extension PacketSequencer {
    /// Hands over the packets whose turn has come, and notes all that still waits and what is known of windows.
    mutating func freeze(
        into image: FrozenIntake, rereadingFrom start: ((Nanoseconds) -> SourceProgress)?,
        counters state: inout StateEncoder
    ) {
        drain()
        if let start, sorter.count > 0 {
            image.rereading = Rereading(
                start: start(sorter.releasedBefore), released: sorter.releasedBefore, count: sorter.count)
        } else {
            image.rereading = nil
            sorter.freeze(into: image.sorter)
        }
        watermarks.encode(into: &state)
        state.encode(nextTick)
        dirty.sorted().encode(into: &state)
        notes.encode(into: &state)
        state.encode(latePackets)
        state.encode(outsidePackets)
    }

    var watermark: Nanoseconds? { watermarks.watermark == .min ? nil : watermarks.watermark }

    /// Everything before this time has been handed over.
    var releasedBefore: Nanoseconds { sorter.releasedBefore }

    mutating func takeUp(_ state: RestoredIntake) {
        goOn(with: state.watermarks)
        nextTick = state.nextTick
        dirty = state.dirty
        notes = state.notes
        latePackets = state.latePackets
        outsidePackets = state.outsidePackets
        swap(&sorter, &state.sorter)
    }
}

extension MalformedLog: StateValue {
    func encode(into state: inout StateEncoder) {
        let used = entries.enumerated().filter { $0.element.count > 0 }
        state.encode(UInt64(used.count))
        for (problem, entry) in used {
            state.encode(UInt8(problem))
            state.encode(entry.count)
            state.encode(entry.firstNumber)
        }
    }

    init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        for _ in 0..<(try state.decodeCount(elementSize: 17)) {
            let problem = try state.decode(UInt8.self)
            entries[Int(problem)] = Entry(
                count: try state.decodeCounter(), firstNumber: try state.decodeCounter())
        }
    }
}
