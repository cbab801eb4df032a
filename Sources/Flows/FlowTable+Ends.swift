public import EventTime

// How flows end: by time, by the limit on flows, or with the input.

extension FlowTable {
    /// Ends the flows whose timeout lies before `time`: nothing before it is still to come.
    @inlinable public mutating func expire<Sink: FlowSink & ~Copyable>(before time: Nanoseconds, sink: inout Sink)
    where Sink.Attachment == Attachment {
        takeDue(before: time)
        // Out of the table meanwhile, and as a buffer: the array would be retained for each look at it.
        var expired: [UInt32] = []
        swap(&expired, &due)
        expired.withUnsafeBufferPointer { expired in
            for place in 0..<expired.count {
                if place + 8 < expired.count { prefetch(Int(expired[place + 8])) }
                if place + 4 < expired.count { prefetchEnd(Int(expired[place + 4]), sink) }
                let identifier = Int(expired[place])
                let flow = flows[identifier]
                remove(
                    identifier, reason: flow.pointee.value.tcp.closed ?? .idle,
                    at: Self.deadline(of: flow.pointee.value, limits), sink: &sink)
            }
        }
        swap(&expired, &due)
    }

    /// Leaves in `due` the flows whose timeout lies before `time`; they have no timer any more.
    @inlinable mutating func takeDue(before time: Nanoseconds) {
        due.removeAll(keepingCapacity: true)
        timers.takeDue(before: time, into: &due)
        var expiredCount = 0
        due.withUnsafeMutableBufferPointer { due in
            for place in 0..<due.count {
                if place + 16 < due.count { flows.prefetch(Int(due[place + 16]), from: 1, lines: 1) }
                let identifier = due[place]
                let deadline = Self.deadline(of: flows.again(Int(identifier)).pointee.value, limits)
                if deadline >= time {
                    timers.set(Int(identifier), at: deadline)
                } else {
                    due[expiredCount] = identifier
                    expiredCount &+= 1
                }
            }
        }
        due.removeLast(due.count - expiredCount)
    }

    /// Asks for what the end of a flow touches but the flow itself.
    @inlinable @inline(__always)
    func prefetchEnd<Sink: FlowSink & ~Copyable>(_ identifier: Int, _ sink: borrowing Sink)
    where Sink.Attachment == Attachment {
        let flow = flows.again(identifier)
        flows.prefetchSlot(hash: flow.pointee.key.tableHash)
        sink.prefetchEnd(attachment(identifier))
    }

    /// Ends every flow: the input has ended. In the order in which they lie, and all are forgotten at once.
    @inlinable public mutating func endAll<Sink: FlowSink & ~Copyable>(sink: inout Sink)
    where Sink.Attachment == Attachment {
        for identifier in 0..<flows.identifierBound where Self.isLive(flows.again(identifier)) {
            if identifier + 8 < flows.identifierBound { prefetchHandOver(identifier + 8, sink) }
            let flow = flows[identifier]
            finish(identifier, reason: flow.pointee.value.tcp.closed ?? .end, at: .max, sink: &sink)
            flow.pointee.key.key.family = 0
        }
        flows.removeAll()
        beside.removeAll()
        totals.removeAll()
        pending.removeAll()
        timers.removeAll()
    }

    /// Whether an entry is a flow's and not one that was left (``remove(_:reason:at:sink:)``).
    @inlinable @inline(__always)
    static func isLive(_ flow: UnsafeMutablePointer<Flow>) -> Bool { flow.pointee.key.key.family != 0 }

    /// Asks for what handing on a flow's traffic touches but the flow itself.
    @inlinable @inline(__always)
    func prefetchHandOver<Sink: FlowSink & ~Copyable>(_ identifier: Int, _ sink: borrowing Sink)
    where Sink.Attachment == Attachment {
        let flow = flows.again(identifier)
        sink.prefetchEnd(attachment(identifier))
        sink.prefetch(flow.pointee.value.attachment, in: flow.pointee.value.slice)
    }

    @inlinable mutating func evict<Sink: FlowSink & ~Copyable>(at time: Nanoseconds, sink: inout Sink)
    where Sink.Attachment == Attachment {
        let (flows, limits) = (flows.unsafeEntries, limits)
        let victim = timers.popEarliest { Self.deadline(of: flows[$0].value, limits) }
        guard let victim else { return }
        let flow = self.flows[victim]
        // A flow whose time was over, though nobody had looked, ends as one that expires.
        let deadline = Self.deadline(of: flow.pointee.value, limits)
        let reason = flow.pointee.value.tcp.closed ?? (deadline < time ? .idle : .evicted)
        remove(victim, reason: reason, at: min(deadline, time), sink: &sink)
    }

    /// Hands on what the sink has not yet got of a flow, and the flow's record.
    @inlinable mutating func finish<Sink: FlowSink & ~Copyable>(
        _ identifier: Int, reason: FlowRecord.EndReason, at time: Nanoseconds, sink: inout Sink
    ) where Sink.Attachment == Attachment {
        let flow = flows[identifier]
        handOver(flow, identifier, to: &sink)
        let (key, state) = (flow.pointee.key, flow.pointee.value)
        let totals = keepsRecords ? totals[identifier].pointee : FlowTotals()
        var attachment = attachment(flow, identifier)
        sink.endFlow(
            &attachment, key: key.key, record: key.record(state, totals, endReason: reason, knownAt: time))
        keep(attachment, flow, identifier)
    }

    @inlinable @inline(never)
    mutating func remove<Sink: FlowSink & ~Copyable>(
        _ identifier: Int, reason: FlowRecord.EndReason, at time: Nanoseconds, sink: inout Sink
    ) where Sink.Attachment == Attachment {
        finish(identifier, reason: reason, at: time, sink: &sink)
        let flow = flows[identifier]
        flow.pointee.key.isListed = false
        flows.remove(identifier, hash: flow.pointee.key.tableHash)
        // No packet has such a key: who guesses at the flow sees that it is gone.
        flow.pointee.key.key.family = 0
    }
}
