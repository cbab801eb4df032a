import ArgumentParser
import EventTime

/// What `replay` and `live` share about windows.
struct WindowOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Window size: a number and ns, us, ms, s, m, h or d.", valueName: "duration"))
    var window = Self.defaultWindow

    static let defaultWindow = TimeSpan(nanoseconds: 10 * .second)

    @Option(
        help: ArgumentHelp(
            """
            Start a window this often: smaller than the size, windows overlap; larger, they leave gaps. (default: the \
            window size)
            """, valueName: "duration"))
    var slide: TimeSpan?

    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Shift all windows from their alignment to the epoch.", valueName: "duration"))
    var offset = TimeSpan(nanoseconds: 0)

    @Option(
        help: ArgumentHelp(
            """
            How far behind the newest packet another may come and be on time; 'unbounded': nothing is late and \
            windows fire at the end of the input.
            """, valueName: "duration"))
    var watermarkDelay = WatermarkDelay.bounded(TimeSpan(nanoseconds: 2 * .second))

    @Option(
        help: ArgumentHelp(
            "How long a fired window still takes late packets, and is reported again.", valueName: "duration"))
    var allowedLateness = TimeSpan(nanoseconds: 0)

    func validate() throws {
        guard window.nanoseconds > 0 else { throw ValidationError("--window must be longer than 0.") }
        guard slide.map({ $0.nanoseconds > 0 }) ?? true else {
            throw ValidationError("--slide must be longer than 0.")
        }
        if case .bounded(let delay) = watermarkDelay, delay.nanoseconds < 0 {
            throw ValidationError("--watermark-delay must not be negative.")
        }
        guard allowedLateness.nanoseconds >= 0 else {
            throw ValidationError("--allowed-lateness must not be negative.")
        }
    }

    var windows: SlidingWindows {
        SlidingWindows(
            size: window.nanoseconds, slide: (slide ?? window).nanoseconds, offset: offset.nanoseconds)
    }

    /// `nil`: unbounded.
    var delay: Nanoseconds? {
        if case .bounded(let delay) = watermarkDelay { delay.nanoseconds } else { nil }
    }
}
