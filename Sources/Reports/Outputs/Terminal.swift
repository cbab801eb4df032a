internal import Glibc

/// What a descriptor can show: how wide, and whether in colour.
public struct Terminal: Hashable, Sendable {
    /// Columns.
    public var width: Int
    public var usesColour: Bool
    /// False for a file or a pipe.
    public var isTerminal: Bool

    public static let defaultWidth = 80

    public init(width: Int = Terminal.defaultWidth, usesColour: Bool = false, isTerminal: Bool = false) {
        self.width = width
        self.usesColour = usesColour
        self.isTerminal = isTerminal
    }

    /// What is at a descriptor (1 is standard output, 2 standard error). Colour needs a terminal that is not
    /// `dumb`, and a `NO_COLOR` that is absent or empty (https://no-color.org). Where there is no terminal,
    /// `COLUMNS` gives the width, else it is 80.
    public init(descriptor: Int32) {
        self.init(descriptor: descriptor) { getenv($0).map { String(cString: $0) } }
    }

    init(descriptor: Int32, environment: (String) -> String?) {
        isTerminal = isatty(descriptor) == 1
        var size = winsize()
        if isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 {
            width = Int(size.ws_col)
        } else {
            let columns = environment("COLUMNS").flatMap { Int($0) } ?? 0
            width = columns > 0 ? columns : Self.defaultWidth
        }
        let refusesColour = !(environment("NO_COLOR") ?? "").isEmpty
        usesColour = isTerminal && !refusesColour && environment("TERM") != "dumb"
    }
}
