import ArgumentParser
import Capture
import Pipeline
import Reports

struct ReplayCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replay",
        abstract: "Report the traffic of capture files, per host and time window.",
        discussion: """
            Reads pcap and pcapng, also compressed with gzip, zstd or LZ4. Several captures are merged by time into \
            one stream. Without --output a table goes to standard output.

            Examples:
              tidemark replay trunk.pcap
              tidemark replay --window 1m --slide 10s -o hosts.jsonl -o totals:totals.csv rotated/
              zstd -dc big.pcap.zst | tidemark replay --format csv -f 'port 443' -
            """)

    @Argument(
        help: ArgumentHelp(
            "Capture files, directories of rotated files, or '-' for standard input.", valueName: "capture"))
    var captures: [String]

    @OptionGroup(title: "Windows")
    var windowOptions: WindowOptions

    @OptionGroup(title: "Flows and limits")
    var flowOptions: FlowOptions

    @OptionGroup(title: "Reports")
    var reportOptions: ReportOptionGroup

    @OptionGroup(title: "Checkpoints")
    var checkpointOptions: CheckpointOptionGroup

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Only packets that match, in libpcap's language.", valueName: "expression"))
    var filter: String?

    @Option(name: .short, help: ArgumentHelp("Stop after so many packets.", valueName: "n"))
    var count: UInt64?

    @Option(help: ArgumentHelp("Pace: 'max', or so many times the capture's own.", valueName: "x"))
    var speed = ReplaySpeed.maximum

    @OptionGroup(title: "Rights")
    var sandboxOptions: ReplaySandboxOptions

    @Flag(name: .short, help: "Quiet: no counts at the end.")
    var quiet = false

    @Flag(name: .short, help: "Verbose: why packets could not be decoded.")
    var verbose = false

    @Flag(inversion: .prefixedNo, help: "A bar on standard error. (default: where that is a terminal)")
    var progress: Bool?

    func validate() throws {
        guard !captures.isEmpty else { throw ValidationError("Missing expected argument '<capture> ...'") }
        if count == 0 { throw ValidationError("-c must be at least 1.") }
    }

    func run() throws {
        RunSignals.install()
        do {
            let outputs = try reportOptions.specifications()
            let configuration = configuration(outputs)
            let job = try ReplayJob(configuration) { StandardError.write($0) }
            let lines = try sandboxOptions.enter(for: configuration)
            if verbose { for line in lines { StandardError.say(line) } }
            try report(try job.run())
        } catch {
            throw StandardError.exit(error, withoutSandbox: "without --sandbox it may go on")
        }
    }

    private func configuration(_ outputs: [OutputSpecification]) -> ReplayConfiguration {
        let errorTerminal = Terminal(descriptor: 2)
        var configuration = ReplayConfiguration(inputs: captures.map(CaptureInput.init(argument:)))
        configuration.filter = filter
        configuration.take(windowOptions, flowOptions, checkpointOptions)
        configuration.packetLimit = count
        if case .factor(let factor) = speed { configuration.speed = factor }
        configuration.outputs = outputs
        configuration.reportOptions = reportOptions.options(flushesEachWindow: configuration.speed != nil)
        configuration.isVerbose = verbose
        configuration.progressWidth = progress ?? errorTerminal.isTerminal ? errorTerminal.width : nil
        configuration.progressUsesColour = errorTerminal.usesColour
        return configuration
    }

    private func report(_ outcome: ReplayJob.Outcome) throws {
        for error in outcome.inputErrors { StandardError.say("\(error)") }
        if verbose { for line in outcome.problems { StandardError.say(line) } }
        if verbose, let line = outcome.checkpoints?.line { StandardError.say(line) }
        if !quiet { for line in outcome.summary.exitLines { StandardError.write(line + "\n") } }
        if let error = outcome.outputError, error.category != .readerGone { throw StandardError.exit(error) }
        if let worst = outcome.inputErrors.map(\.category.exitCode).max() { throw ExitCode(worst) }
    }
}
