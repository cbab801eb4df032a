public import Capture
public import EventTime
import HostStatistics
public import Packets
public import Reports

/// Everything a replay is told to do.
public struct ReplayConfiguration: Sendable {
    public var inputs: [CaptureInput]
    /// A BPF expression; `nil` takes every packet.
    public var filter: String?
    public var layer = IPLayer.inner
    public var windows = SlidingWindows.tumbling(10 * .second)
    /// `nil`: unbounded.
    public var watermarkDelay: Nanoseconds? = 2 * .second
    public var allowedLateness: Nanoseconds = 0
    public var idleTimeout: Nanoseconds = 60 * .second
    public var activeTimeout: Nanoseconds = 300 * .second
    public var maximumFlows = 1 << 20
    public var maximumHosts = 1 << 20
    public var workers = 1
    /// Stops after so many packets that passed the filter.
    public var packetLimit: UInt64?
    /// How many times faster than the capture's own pace; `nil`: as fast as possible.
    public var speed: Double?
    public var outputs: [OutputSpecification] = []
    public var reportOptions = ReportOptions()
    /// Prints why packets were malformed.
    public var isVerbose = false
    /// Draws a progress bar of this width on standard error; `nil` draws none.
    public var progressWidth: Int?
    public var progressUsesColour = false
    /// For tests: packets in a batch, at most.
    var readsAtMost: UInt64 = .max
    /// Somebody looks at hosts and flows beside the outputs.
    var isObserved = false
    /// Somebody may do so once the run was started again from a checkpoint.
    var mayBeObserved = false
    /// `nil`: the state is not saved.
    public var checkpoints: CheckpointOptions?

    public init(inputs: [CaptureInput]) { self.inputs = inputs }

    var analysis: HostAnalysis.Configuration {
        var analysis = HostAnalysis.Configuration(
            windows: windows, allowedLateness: allowedLateness, idleTimeout: idleTimeout,
            activeTimeout: activeTimeout, maximumFlows: maximumFlows, maximumHosts: maximumHosts,
            keepsFlows: isObserved || outputs.contains { $0.kind == .flows },
            reportsHosts: isObserved || outputs.contains { $0.kind == .hosts }, isOrdered: watermarkDelay != nil)
        analysis.describesHosts = analysis.reportsHosts || mayBeObserved
        analysis.hostChoice = isObserved ? nil : reportOptions.hostChoice(of: outputs)
        return analysis
    }

    /// Whether one thread does everything, so that nobody else has a share of the same windows.
    var isAnalysedAlone: Bool { workers <= 1 }
}
