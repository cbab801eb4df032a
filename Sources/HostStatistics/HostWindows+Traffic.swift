import EventTime
public import Flows

extension HostWindows {
    @inline(__always)
    public mutating func addTraffic(
        _ flow: FlowVisits.Kept, key: FlowKey, slice: Int64, fromLow: Traffic, fromHigh: Traffic
    ) {
        guard describesHosts else { return }
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
