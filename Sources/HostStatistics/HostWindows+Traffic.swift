import EventTime
public import Flows

extension HostWindows {
    @inline(__always)
    public mutating func addTraffic(
        _ flow: FlowVisits.Kept, key: FlowKey, slice: Int64, fromLow: Traffic, fromHigh: Traffic
    ) {
        guard describesHosts else { return noteHosts(flow, key, slice) }
        if isAlone, flow.lowRow >= 0 {
            return addAlone(flow, slice: slice, fromLow: fromLow, fromHigh: fromHigh)
        }
        if windowLength > 1, !hosts.hasTakenIn(slice) {
            return addAhead(flow, key, slice: slice, fromLow: fromLow, fromHigh: fromHigh)
        }
        // One that sends to itself is both.
        update(slice, key.lowHost, flow.lowRow) {
            $0.sent += fromLow
            $0.received += fromHigh
        }
        update(slice, key.highHost, flow.highRow) {
            $0.sent += fromHigh
            $0.received += fromLow
        }
    }

    /// Notes that hosts were in a slice.
    @inline(__always)
    private mutating func noteHosts(_ flow: FlowVisits.Kept, _ key: FlowKey, _ slice: Int64) {
        noteHost(key.lowHost, flow.lowRow, slice)
        noteHost(key.highHost, flow.highRow, slice)
    }

    @inline(__always)
    private mutating func noteHost(_ host: HostKey, _ number: Int32, _ slice: Int64) {
        guard windowLength > 1 else {
            // Where windows do not overlap, that was done when the flow came into the slice.
            if number < 0 { update(slice, host, number) { $0.sent.packets &+= 1 } }
            return
        }
        guard !hosts.hasTakenIn(slice) else { return update(slice, host, number) { $0.sent.packets &+= 1 } }
        // A row that is there says so.
        if isOneGroup, hosts.isNewest(number, host, in: slice) { return }
        var number = number
        let row = hosts.row(ahead: slice, key: host, number: &number, admission: admission)
        row.pointee.value.sent.packets &+= 1
    }

    /// Adds traffic to the rows of a slice that the running window has not taken in.
    @inline(__always)
    private mutating func addAhead(
        _ flow: FlowVisits.Kept, _ key: FlowKey, slice: Int64, fromLow: Traffic, fromHigh: Traffic
    ) {
        var (lowNumber, highNumber) = (flow.lowRow, flow.highRow)
        let low = hosts.row(ahead: slice, key: key.lowHost, number: &lowNumber, admission: admission)
        low.pointee.value.sent += fromLow
        low.pointee.value.received += fromHigh
        let high = hosts.row(ahead: slice, key: key.highHost, number: &highNumber, admission: admission)
        high.pointee.value.sent += fromHigh
        high.pointee.value.received += fromLow
    }

    /// Changes a host's row, or that of the hosts past the limit. `number`: what the flow keeps of the host.
    @inline(__always)
    private mutating func update(
        _ slice: Int64, _ host: HostKey, _ number: Int32, _ body: (inout HostTraffic) -> Void
    ) {
        if windowLength > 1 {
            _ = hosts.updateOverlapping(slice: slice, key: host, number: number, admission: admission, body)
        } else {
            _ = hosts.update(slice: slice, key: host, admission: admission, body)
        }
    }
}
