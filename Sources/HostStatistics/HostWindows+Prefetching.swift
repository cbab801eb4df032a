import EventTime
public import Flows

// What is asked for ahead, so that the processor waits for many flows at once.

extension HostWindows {
    @inline(__always)
    public func prefetch(_ flow: FlowVisits.Kept) {
        guard windowLength > 1 else { return }
        hosts.prefetch(number: flow.lowRow)
        hosts.prefetch(number: flow.highRow)
    }

    @inline(__always)
    public func prefetch(_ flow: FlowVisits.Kept, in slice: Int64) {
        guard describesHosts else { return }
        guard !isAlone else {
            hosts.prefetch(row: flow.lowRow, slice: slice)
            return hosts.prefetch(row: flow.highRow, slice: slice)
        }
        hosts.prefetchRow(slice: slice, number: flow.lowRow)
        hosts.prefetchRow(slice: slice, number: flow.highRow)
    }

    @inline(__always)
    public func prefetchEnd(_ flow: FlowVisits) {
        guard windowLength > 1, describesHosts else { return }
        prefetch(flow.kept)
        pairs.prefetch(flow.pair, group: group)
    }

    /// Asks for the places where the hosts and the pair of a flow that begins will be looked up.
    @inline(__always)
    func prefetchSlots(_ key: FlowKey, slice: Int64, group: Int) {
        guard windowLength > 1 else {
            hosts.prefetchRowSlot(of: key.lowHost, slice: slice)
            return hosts.prefetchRowSlot(of: key.highHost, slice: slice)
        }
        guard !countsHosts else {
            counted.prefetchSlot(key.lowHost)
            return counted.prefetchSlot(key.highHost)
        }
        hosts.prefetchSlot(of: key.lowHost)
        hosts.prefetchSlot(of: key.highHost)
        pairs.prefetchSlot(key.lowHost, key.highHost, group: group)
    }

    /// Asks for the rows of a flow that begins, where windows do not overlap.
    @inline(__always)
    func prefetchRows(_ key: FlowKey, slice: Int64) {
        hosts.prefetchRow(of: key.lowHost, slice: slice)
        hosts.prefetchRow(of: key.highHost, slice: slice)
    }

    @inline(__always)
    public func prefetchBeginning(_ key: FlowKey) {
        guard windowLength > 1 else { return }
        guard !countsHosts else {
            counted.prefetchEntry(key.lowHost)
            return counted.prefetchEntry(key.highHost)
        }
        hosts.prefetchEntry(of: key.lowHost)
        hosts.prefetchEntry(of: key.highHost)
        pairs.prefetchEntry(key.lowHost, key.highHost, group: group)
    }
}
