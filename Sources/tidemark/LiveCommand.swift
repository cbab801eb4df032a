import ArgumentParser
import Capture
import CheckpointStore
import Dashboard
import EventTime
import Glibc
import Pipeline
import Reports
import Sandbox

struct LiveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "live",
        abstract: "Report the traffic of network interfaces as it happens.",
        discussion: """
            Captures until it is interrupted, or has seen enough (-c, --duration). Without --output a table goes to \
            standard output. With -w, what was analysed is recorded; 'tidemark replay' of it gives the same rows.

            Examples:
              tidemark live -i eth0
              tidemark live -i eth0 -i wlan0 --window 1m -o hosts.jsonl -o totals:totals.csv
              tidemark live -i any -w trunk-%H.pcap -G 3600 not port 22
            """)

    @Option(
        name: .customShort("i"), help: ArgumentHelp("Capture on an interface (repeatable).", valueName: "interface")
    )
    var interfaces: [String]

    @OptionGroup(title: "Recording")
    var recordingOptions: RecordingOptionGroup

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

    @Option(help: ArgumentHelp("Stop after so much time.", valueName: "duration"))
    var duration: TimeSpan?

    @Option(
        name: .customShort("s"),
        help: ArgumentHelp("Bytes to take of each packet; 0 for the default.", valueName: "bytes"))
    var snapshotLength = 262_144

    @Option(
        name: .customShort("B"),
        help: ArgumentHelp("The kernel's buffer for each interface, in KiB.", valueName: "kib"))
    var bufferSize = 32_768

    @Flag(name: .customShort("p"), help: "Do not put interfaces into promiscuous mode.")
    var leavesPromiscuousModeAlone = false

    @OptionGroup(title: "Rights")
    var sandboxOptions: SandboxOptions

    @Flag(name: .short, help: "Quiet: no counts at the end.")
    var quiet = false

    @Flag(name: .short, help: "Verbose: what the sandbox forbids, and why packets could not be decoded.")
    var verbose = false

    @Argument(help: ArgumentHelp("The same as --filter, in words.", valueName: "filter"))
    var filterWords: [String] = []

    func validate() throws {
        guard !interfaces.isEmpty else { throw ValidationError("Missing expected argument '-i <interface>'") }
        guard Set(interfaces).count == interfaces.count else {
            throw ValidationError("-i: an interface can be captured only once.")
        }
        if filter != nil, !filterWords.isEmpty {
            throw ValidationError("The filter is given twice: with --filter and at the end.")
        }
        if count == 0 { throw ValidationError("-c must be at least 1.") }
        guard duration.map({ $0.nanoseconds > 0 }) ?? true else {
            throw ValidationError("--duration must be longer than 0.")
        }
        guard (0...262_144).contains(snapshotLength) else {
            throw ValidationError("-s must lie between 0 and 262144.")
        }
        guard (1...2_097_151).contains(bufferSize) else {
            throw ValidationError("-B must lie between 1 and 2097151.")
        }
    }

    func run() throws {
        RunSignals.install()
        do {
            let showsScreen = showsScreen
            let outputs = showsScreen ? [] : try reportOptions.specifications()
            let session = try LiveSession(sandbox: sandboxOptions, isQuiet: quiet, isVerbose: verbose)
            try report(try session.run(configuration(outputs, forScreen: showsScreen), showsScreen: showsScreen))
        } catch let error as RecordingError {
            StandardError.say("\(error)")
            throw ExitCode(64)
        } catch let error as LiveScreen.CannotOpen {
            StandardError.say("\(error)")
            throw ExitCode(74)
        } catch let error as ServiceNotifier.CannotConnect {
            StandardError.say("\(error)")
            throw ExitCode(70)
        } catch {
            throw StandardError.exit(error, withoutSandbox: "--no-sandbox goes without")
        }
    }

    /// Without reports to write somewhere, and where there is a terminal, a screen takes their place.
    private var showsScreen: Bool {
        reportOptions.output.isEmpty && reportOptions.format == nil && LiveScreen.isPossible
    }

    /// A screen is to move: unless windows were asked for, it shows the last ten seconds, each second.
    private func windows(forScreen: Bool) -> SlidingWindows {
        let windows = windowOptions.windows
        let isAsked = windowOptions.slide != nil || windowOptions.window != WindowOptions.defaultWindow
        guard forScreen, !isAsked else { return windows }
        return SlidingWindows(size: windows.size, slide: .second, offset: windows.offset)
    }

    private func configuration(_ outputs: [OutputSpecification], forScreen: Bool) -> LiveConfiguration {
        let windows = windows(forScreen: forScreen)
        var configuration = LiveConfiguration(interfaces: interfaces)
        configuration.capture.filter = filterWords.isEmpty ? filter : filterWords.joined(separator: " ")
        if snapshotLength > 0 { configuration.capture.snapshotLength = snapshotLength }
        configuration.capture.bufferKiB = bufferSize
        configuration.capture.isPromiscuous = !leavesPromiscuousModeAlone
        // Blocks of packets wait for tens of milliseconds: too long for windows that are not much longer.
        configuration.capture.isImmediate = windows.sliceLength < 100_000_000
        configuration.duration = duration?.nanoseconds
        configuration.recording = recordingOptions.options
        configuration.analysis.take(windowOptions, flowOptions, checkpointOptions)
        configuration.analysis.windows = windows
        configuration.analysis.packetLimit = count
        configuration.analysis.outputs = outputs
        configuration.analysis.reportOptions = reportOptions.options(flushesEachWindow: true)
        configuration.analysis.isVerbose = verbose
        return configuration
    }

    private func report(_ outcome: LiveJob.Outcome) throws {
        if verbose { for line in outcome.problems { StandardError.say(line) } }
        if verbose, let line = outcome.checkpoints?.line { StandardError.say(line) }
        if !quiet { for line in outcome.summary.exitLines { StandardError.write(line + "\n") } }
        if let error = outcome.outputError, error.category != .readerGone { throw StandardError.exit(error) }
        if let error = outcome.captureError { throw StandardError.exit(error) }
    }
}

/// Whether and how packets are recorded: tcpdump's options.
struct RecordingOptionGroup: ParsableArguments {
    @Option(
        name: .customShort("w"),
        help: ArgumentHelp("Record the packets that were analysed, as pcap with nanoseconds.", valueName: "file"))
    var file: String?

    @Option(
        name: .customShort("C"),
        help: ArgumentHelp("Begin another file when one is larger than so many million bytes.", valueName: "n"))
    var megabytes: UInt64?

    @Option(
        name: .customShort("G"),
        help: ArgumentHelp(
            "Begin another file every so many seconds; strftime(3) expands its name.", valueName: "seconds"))
    var seconds: Int64?

    @Option(
        name: .customShort("W"),
        help: ArgumentHelp(
            "With -C, overwrite the first file after so many; with -G alone, end after so many.", valueName: "n"))
    var fileCount: Int?

    func validate() throws {
        if file == nil, megabytes != nil || seconds != nil || fileCount != nil {
            throw ValidationError("-C, -G and -W need -w.")
        }
        if fileCount != nil, megabytes == nil, seconds == nil { throw ValidationError("-W needs -C or -G.") }
        if let file, file.isEmpty || file == "-" { throw ValidationError("-w takes the name of a file.") }
        guard (megabytes ?? 1) > 0, (megabytes ?? 1) < 1 << 40, (seconds ?? 1) > 0, (fileCount ?? 1) > 0 else {
            throw ValidationError("-C, -G and -W must be at least 1.")
        }
    }

    var options: RecordingOptions? {
        guard let file else { return nil }
        var options = RecordingOptions(path: file)
        options.megabytes = megabytes
        options.seconds = seconds
        options.fileCount = fileCount
        return options
    }
}
