public import Flows

/// What one worker has to say of one window: its share of the hosts' traffic and of the totals.
public struct PartialWindow: Sendable {
    /// The window's first slice.
    public var window: Int64
    public var totals = TotalTraffic()
    /// In the order of keys; those that are wanted (``HostAnalysis/Configuration/hostChoice``).
    public var hosts: [HostRow]
    /// The number of hosts, whether or not their rows are there.
    public var hostCount: Int
    /// `nil` where the window fires on time; else the hosts that late packets changed.
    public var changed: Set<ReportedHost>?

    init(window: Int64, hosts: [HostRow], hostCount: Int) {
        self.window = window
        self.hosts = hosts
        self.hostCount = hostCount
    }
}

/// What one worker has to say when event time advances.
public struct PartialResult: Sendable {
    /// Windows that late packets changed, then those that fire on time; each part by end.
    public var windows: [PartialWindow]
    /// Flows that have ended, in no particular order; empty unless they are kept.
    public var flows: [FlowRecord]
    /// The number of flows that have ended.
    public var endedFlows: UInt64

    public var isEmpty: Bool { windows.isEmpty && flows.isEmpty && endedFlows == 0 }
}
