import EventTime
public import Flows
public import HostStatistics
import Reports
import Synchronization

/// Takes windows that have fired and flows that have ended.
public typealias ReportObserver = @Sendable ([WindowReport], [FlowRecord]) -> Void

/// The end of the pipeline: writes reports, counts them, and remembers why writing failed. One thread writes at a
/// time; any thread may ask.
final class OutputStage: @unchecked Sendable {
    private let writer: ReportWriter
    private let failed = Atomic<Bool>(false)
    private let mustReopen = Atomic<Bool>(false)
    private let windowCount = Atomic<UInt64>(0)
    private let flowCount = Atomic<UInt64>(0)
    private(set) var error: ReportError?

    /// Looks at everything that is written, on the thread that writes.
    private let observer: ReportObserver?

    /// `windows` and `flows`: what was reported before the run was resumed.
    init(_ writer: ReportWriter, observer: ReportObserver? = nil, windows: UInt64 = 0, flows: UInt64 = 0) {
        self.writer = writer
        self.observer = observer
        windowCount.store(windows, ordering: .relaxed)
        flowCount.store(flows, ordering: .relaxed)
    }

    var wantsHosts: Bool { writer.wantsHosts || observer != nil }
    var wantsFlows: Bool { writer.wantsFlows || observer != nil }
    var hasFailed: Bool { failed.load(ordering: .relaxed) }
    /// Windows reported, each once.
    var windows: UInt64 { windowCount.load(ordering: .relaxed) }
    /// Flows that ended.
    var flows: UInt64 { flowCount.load(ordering: .relaxed) }

    /// Asks for all files to be opened again: at the next step, whether it has rows or not.
    func reopen() { mustReopen.store(true, ordering: .relaxed) }

    /// Whether a step is wanted only for files to be opened again.
    var isToReopen: Bool { mustReopen.load(ordering: .relaxed) }

    func write(_ step: AnalysisStep) {
        windowCount.wrappingAdd(UInt64(step.reports.count { $0.revision == 0 }), ordering: .relaxed)
        flowCount.wrappingAdd(step.endedFlows, ordering: .relaxed)
        observer?(step.reports, step.flows)
        attempt { writer throws(ReportError) in
            if mustReopen.exchange(false, ordering: .relaxed) { try writer.reopen() }
            for report in step.reports { try writer.write(report) }
            try writer.write(step.flows)
        }
    }

    /// Hands all rows so far to the kernel, and leaves in `image` what was committed with that; nothing where an
    /// output has failed.
    func commit(into image: FrozenReplay) {
        image.commit = nil
        attempt { writer throws(ReportError) in
            if mustReopen.exchange(false, ordering: .relaxed) { try writer.reopen() }
            image.commit = try writer.commit()
            image.files = writer.openFiles
        }
        note(into: image)
    }

    private func note(into image: FrozenReplay) {
        image.windows = windows
        image.flows = flows
    }

    /// As ``finish(summary:)``, and leaves in `image` what was committed by the end.
    func finish(summary: RunSummary, into image: FrozenReplay) {
        image.merger = nil
        image.commit = nil
        image.files = writer.openFiles
        finish(summary: summary)
        if error == nil { image.commit = writer.committed }
        note(into: image)
    }

    /// Hands all rows so far to the kernel and closes the files, with nothing beneath the rows.
    func close() { attempt { writer throws(ReportError) in try writer.close() } }

    func finish(summary: RunSummary) {
        attempt { writer throws(ReportError) in try writer.finish(summary: summary) }
    }

    private func attempt(_ body: (ReportWriter) throws(ReportError) -> Void) {
        guard error == nil else { return }
        do throws(ReportError) {
            try body(writer)
        } catch {
            self.error = error
            failed.store(true, ordering: .relaxed)
        }
    }
}
