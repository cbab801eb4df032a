internal import EventTime
internal import Flows
internal import HostStatistics
internal import Reports

/// How a capture stands, for the head of the screen.
public struct CaptureCounts: Hashable, Sendable {
    /// Analysed, too late for every window, and dropped by kernel and interfaces.
    public var packets: UInt64 = 0
    public var latePackets: UInt64 = 0
    public var droppedPackets: UInt64 = 0
    /// Bytes of the IP layer.
    public var bytes: UInt64 = 0
    /// The event time that it is; nanoseconds since the epoch.
    public var now: Int64 = 0

    public init() {}
}

/// Everything that the screen shows, and what the person at it has chosen. Free of terminals and clocks: reports,
/// counts and keys go in, lines come out.
struct ScreenModel {
    /// What was measured.
    struct Contents {
        var counts = CaptureCounts()
        /// Nanoseconds since the screen was opened.
        var elapsed: Nanoseconds = 0
        var history = RateHistory()
        /// The newest window.
        var report: WindowReport?
        /// Flows that ended, the latest last.
        var flows: [FlowRecord] = []
        var flowCount: UInt64 = 0
    }

    enum View: CaseIterable {
        case hosts, flows
    }

    enum Mode: Equatable {
        case table
        /// A filter is being typed.
        case typing
        case help
    }

    /// Ended flows that are kept to be looked at.
    static let flowLimit = 1000

    let title: String
    /// A window that ended longer ago than this is not shown any more: there has been no traffic since.
    let freshness: Nanoseconds

    private(set) var latest = Contents()
    /// What is shown while the screen is paused.
    private(set) var paused: Contents?
    private(set) var started: Nanoseconds?
    /// What the capture had to say, such as an interface that went down; until a key is pressed.
    private(set) var message: String?

    var columns = 80
    var rows = 24
    var view = View.hosts
    var mode = Mode.table
    var filter = ""
    var showsBytes = false
    var hostOrder = Order(column: HostsTable.defaultColumn)
    var flowOrder = Order(column: FlowsTable.defaultColumn)
    /// Rows of the table above the first that is shown.
    var scroll = 0

    /// Which column a table is sorted by, and whether the other way round.
    struct Order: Equatable {
        var column: Int
        var isReversed = false
    }

    /// `title`: what is captured. `freshness`: see the property.
    init(title: String, freshness: Nanoseconds) {
        self.title = title
        self.freshness = freshness
    }

    var shown: Contents { paused ?? latest }
    var isPaused: Bool { paused != nil }

    var order: Order {
        get { view == .hosts ? hostOrder : flowOrder }
        set { if view == .hosts { hostOrder = newValue } else { flowOrder = newValue } }
    }

    // MARK: What was measured

    mutating func take(_ report: WindowReport) {
        guard let old = latest.report, old.window == report.window else {
            // A revision of an older window is of no interest any more.
            if let old = latest.report, report.window.end < old.window.end { return }
            latest.report = report
            return
        }
        // A revision holds the rows that changed; both are in the order of hosts, and few.
        let changed = Dictionary(report.hosts.map { ($0.host, $0) }) { $1 }
        var merged = report
        merged.hosts = old.hosts.map { changed[$0.host] ?? $0 }
        let known = Set(old.hosts.map(\.host))
        merged.hosts += report.hosts.filter { !known.contains($0.host) }
        latest.report = merged
    }

    mutating func take(_ flows: [FlowRecord]) {
        latest.flowCount += UInt64(flows.count)
        latest.flows += flows.suffix(Self.flowLimit)
        // Seldom, as it moves all of them.
        if latest.flows.count > 2 * Self.flowLimit { latest.flows.removeFirst(latest.flows.count - Self.flowLimit) }
    }

    /// `now` is a monotonic clock's.
    mutating func take(_ counts: CaptureCounts, now: Nanoseconds) {
        let started = started ?? now
        self.started = started
        latest.counts = counts
        latest.elapsed = now - started
        _ = latest.history.sample(bytes: counts.bytes, now: now)
    }

    mutating func say(_ text: String) { message = text }

    // MARK: What is to be seen

    mutating func togglePause() { paused = paused == nil ? latest : nil }

    mutating func forgetMessage() { message = nil }

    /// Whether a text is to be shown with the filter that was typed.
    func passes(_ text: String) -> Bool {
        filter.isEmpty || text.contains(folded: filter)
    }
}

extension String {
    /// Whether `other` is in here, in capitals or not. For ASCII, as addresses are.
    fileprivate func contains(folded other: String) -> Bool {
        let (text, pattern) = (Array(lowercased().utf8), Array(other.lowercased().utf8))
        guard pattern.count <= text.count else { return false }
        return (0...text.count - pattern.count).contains { text[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }
}
