import CheckpointStore
import EventTime
import HostStatistics
import Reports

/// A file of a checkpoint, and what stands in it.
enum ReplayPart: Hashable {
    /// How far the captures were read, what was counted, whether the run is over.
    case run
    /// The sequencer: watermark, ticks, packets that wait for their turn.
    case intake
    /// The analysis, by its own parts.
    case analysis(FrozenAnalysis.Part)
    /// What was said of windows, and what the outputs had taken.
    case reports

    /// The form of all parts; with another one comes another number, and whoever reads this one still.
    static let stateVersion: UInt32 = 5

    /// The number of key groups is part of the form.
    static let groupCount = 1

    /// A run that is over has nothing to go on with.
    static func all(isFinished: Bool) -> [ReplayPart] {
        if isFinished { return [.run, .reports] }
        return [.run, .intake] + FrozenAnalysis.parts(groupCount: groupCount).map { .analysis($0) } + [.reports]
    }

    /// Whether it is one of these parts of the analysis.
    func isAmong(_ parts: Set<FrozenAnalysis.Part>) -> Bool {
        if case .analysis(let part) = self { parts.contains(part) } else { false }
    }

    var name: String {
        switch self {
        case .run: "run"
        case .intake: "intake"
        case .analysis(let part): part.name
        case .reports: "reports"
        }
    }

    func encode(_ image: FrozenReplay, into state: inout StateEncoder) {
        switch self {
        case .run: image.run.encode(into: &state)
        case .intake: image.intake.encode(into: &state)
        case .analysis(let part): image.analysis.encode(part, into: &state)
        case .reports:
            state.encode(image.windows)
            state.encode(image.flows)
            image.commit.encode(into: &state)
            (image.merger != nil).encode(into: &state)
            image.merger?.encode(into: &state)
        }
    }
}

extension FrozenReplay {
    /// Fills in what people and other programs may want to know of a checkpoint without reading its state.
    func describe(_ commit: ReportCommit, in description: inout CheckpointDescription) {
        description.watermark = run.watermark
        for (index, source) in run.progress.progress.sources.enumerated()
        where index < description.inputs.count {
            description.inputs[index].position = source.position.offset
            description.inputs[index].packets = source.position.packets
        }
        description.sinks = commit.files.map { SinkPosition($0.name, position: $0.position) }
        description.figures = [
            NamedFigure("packets", run.summary.packetsRead),
            NamedFigure("packets waiting", UInt64(run.isFinished ? 0 : intake.count)),
            NamedFigure("flows", UInt64(run.isFinished ? 0 : analysis.liveFlows)),
            NamedFigure("pairs", UInt64(run.isFinished ? 0 : analysis.livePairs)),
            NamedFigure("slices", UInt64(run.isFinished ? 0 : analysis.liveSlices)),
            NamedFigure("rows of hosts", UInt64(run.isFinished ? 0 : analysis.hostRows)),
            NamedFigure("windows reported", windows),
            NamedFigure("flows ended", flows),
            NamedFigure("finished", run.isFinished ? 1 : 0),
        ]
    }
}
