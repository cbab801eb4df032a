public import EventTime

/// A flow's attachment as the first two forms of state had it: in one piece.
public protocol EarlierFlowAttachment: FlowAttachment {
    init(earlierFrom state: inout StateDecoder) throws(StateError)
}

/// The flows of a ``FlowTable`` that is being read, with what stands in columns beside them.
public final class RestoredFlows<Attachment: EarlierFlowAttachment>
where Attachment.Kept: StateRecord, Attachment.Beside: StateRecord {
    @usableFromInline let flows: RestoredTable<KeptKey, FlowState<Attachment>>
    @usableFromInline let beside: RestoredTable<SideColumn<Attachment.Beside>.NoKey, Attachment.Beside>
    @usableFromInline let totals: RestoredTable<SideColumn<FlowTotals>.NoKey, FlowTotals>
    /// Traffic that waited in an earlier form, and is too much to wait in this one: by flow.
    @usableFromInline var excess: [Int: (fromLow: Traffic, fromHigh: Traffic)] = [:]

    /// Refuses tables of more than `maximumCount` flows.
    @inlinable public init(maximumCount: Int) {
        flows = RestoredTable(maximumCount: maximumCount)
        beside = RestoredTable(maximumCount: maximumCount)
        totals = RestoredTable(maximumCount: maximumCount)
    }

    /// Reads flows, or what changed in them. Throws ``StateError``; what is held is of no use then.
    @inlinable public func read(from state: inout StateDecoder) throws(StateError) {
        guard state.version >= 3 else {
            try flows.read(from: &state) { rows, identifier throws(StateError) in
                try self.decodeEarlier(identifier, &rows)
            }
            beside.align(with: flows)
            totals.align(with: flows)
            return
        }
        try flows.read(from: &state)
        if try Bool(from: &state) { try beside.read(from: &state) }
        if try Bool(from: &state) { try totals.read(from: &state) }
    }

    /// A flow of the first two forms, with everything in one record.
    @inlinable func decodeEarlier(
        _ identifier: Int, _ state: inout StateDecoder
    ) throws(StateError) -> KeyedTable<KeptKey, FlowState<Attachment>>.Entry {
        var key = KeptKey(try FlowKey(from: &state))
        var tcp = TCPState()
        for direction in 0..<2 { tcp.flags[direction] = try state.decode() }
        key.initialSequence = try state.decode()
        for bit in [TCPState.Bits.sawSYN, TCPState.Bits.synIsFromHigh, TCPState.Bits.isUnderWay]
        where try Bool(from: &state) { tcp.bits |= bit }
        key.initiatorIsHigh = try Bool(from: &state)
        key.hasPorts = try Bool(from: &state)
        key.isListed = try Bool(from: &state)
        let (start, last) = (try state.decode(Nanoseconds.self), try state.decode(Nanoseconds.self))
        guard start <= last else { throw state.invalid("a flow that ends before it starts") }
        let slice = try state.decode(Int64.self)
        let pending = try decodeEarlierTraffic(&state)
        let handedOn = try FlowTotals(from: &state)
        let attachment = try Attachment(earlierFrom: &state)
        var flow = FlowState<Attachment>(attachment: attachment.kept, start: start)
        flow.tcp = tcp
        flow.last = last
        flow.slice = slice
        excess[identifier] = nil
        if !flow.pending.take(pending.fromLow, pending.fromHigh) { excess[identifier] = pending }
        beside.put(identifier, attachment.beside, of: flows)
        totals.put(identifier, handedOn, of: flows)
        return KeyedTable.Entry(key: key, value: flow)
    }

    @inlinable func decodeEarlierTraffic(
        _ state: inout StateDecoder
    ) throws(StateError) -> (fromLow: Traffic, fromHigh: Traffic) {
        var (low, high) = (Traffic(), Traffic())
        (low.bytes, high.bytes) = (try state.decodeCounter(), try state.decodeCounter())
        (low.wireBytes, high.wireBytes) = (try state.decodeCounter(), try state.decodeCounter())
        (low.packets, high.packets) = (
            UInt64(try state.decode(UInt32.self)), UInt64(try state.decode(UInt32.self))
        )
        return (low, high)
    }

    /// Hands on the traffic that cannot wait any longer: once the sink is restored as well.
    @inlinable public func handOverExcess<Sink: FlowSink & ~Copyable>(
        of table: inout FlowTable<Attachment>, to sink: inout Sink
    ) where Sink.Attachment == Attachment {
        for identifier in excess.keys.sorted() where table.isLive(identifier) {
            guard let traffic = excess[identifier] else { continue }
            table.handOver(traffic.fromLow, traffic.fromHigh, table.flows[identifier], identifier, to: &sink)
        }
        excess = [:]
    }
}

extension FlowTable {
    /// Whether a flow has this identifier.
    @inlinable func isLive(_ identifier: Int) -> Bool { flows[identifier].pointee.key.key.family != 0 }
}

extension PendingTraffic {
    /// Takes traffic, where there was none, if it fits.
    @inlinable mutating func take(_ fromLow: Traffic, _ fromHigh: Traffic) -> Bool {
        let all =
            fromLow.bytes | fromLow.wireBytes | fromLow.packets | fromHigh.bytes | fromHigh.wireBytes
            | fromHigh.packets
        guard all >> 31 == 0 else { return false }
        bytes = [UInt32(fromLow.bytes), UInt32(fromHigh.bytes)]
        wireBytes = [UInt32(fromLow.wireBytes), UInt32(fromHigh.wireBytes)]
        packets = [UInt32(fromLow.packets), UInt32(fromHigh.packets)]
        return true
    }
}
