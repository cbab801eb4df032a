import HostStatistics

/// An analysis that is made on one thread and runs on another.
final class AnalysisBox: @unchecked Sendable {
    var analysis: HostAnalysis

    init(_ analysis: consuming HostAnalysis) { self.analysis = analysis }
}

/// Where a barrier has passed an analysis, and its state is copied while further packets come: by the thread that is
/// going to write it, and by this one what packets touch first.
struct FreezingStep {
    private var barrier: FrozenReplay?

    var isUnderWay: Bool { barrier != nil }

    mutating func begin(_ barrier: FrozenReplay, _ analysis: inout HostAnalysis) {
        barrier.measure { analysis.freeze(into: barrier.analysis, asChanges: barrier.asChanges) }
        self.barrier = barrier
        barrier.copyBeside()
    }

    /// Ends when all is copied; copies one step's worth where nobody does that beside.
    mutating func goOn(_ analysis: inout HostAnalysis) {
        guard let barrier, !barrier.isCopiedBeside else { return }
        help(&analysis)
    }

    /// Copies one step's worth, where there is anything left to copy.
    mutating func help(_ analysis: inout HostAnalysis) {
        guard let barrier else { return }
        if barrier.measure({ analysis.continueFreezing(by: barrier.freezingStep) }) {
            self.barrier = nil
            barrier.partIsDone()
        }
    }

    /// Copies all that is left.
    mutating func finish(_ analysis: inout HostAnalysis) {
        while isUnderWay { help(&analysis) }
    }
}
