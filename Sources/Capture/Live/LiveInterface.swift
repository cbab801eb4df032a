import CPcap
import Glibc
import Packets

/// One interface of a live capture: captured, down for a while, or gone and awaited.
final class LiveInterface {
    enum State {
        case capturing
        /// The interface is down; the handle stays, and goes on when it is up again.
        case down
        /// The interface, or its handle, is gone: it is opened again as soon as that works.
        case lost
        /// It cannot be opened again.
        case failed(CaptureError)
    }

    let name: String
    private let options: LiveOptions
    private(set) var handle: LiveHandle?
    private(set) var state = State.capturing
    let linkType: LinkType
    /// The packet that is to be delivered next and its time (several interfaces only).
    var head: (packet: LiveHandle.Packet, time: Int64?)?
    /// Nothing is left of what was stamped up to this event time, but for what the kernel still keeps to itself.
    var emptyAt = Int64.min

    private var interfaceIndex: UInt32
    private var lastCounts = LiveHandle.Counts()
    private(set) var statistics = LiveStatistics()
    private var downSince: Int64 = 0
    private var nextAttempt: Int64 = 0

    private static let attemptInterval: Int64 = 250_000_000

    init(name: String, options: LiveOptions) throws(CaptureError) {
        self.name = name
        self.options = options
        let handle = try LiveHandle(interface: name, options: options)
        self.handle = handle
        linkType = handle.linkType
        interfaceIndex = if_nametoindex(name)
    }

    var isCapturing: Bool {
        if case .capturing = state { true } else { false }
    }

    var failure: CaptureError? {
        if case .failed(let error) = state { error } else { nil }
    }

    // MARK: Losing and finding the interface

    /// The handle cannot be read any more.
    func lose() -> LiveNews {
        _ = takeDrops()
        handle = nil
        head = nil
        lastCounts = LiveHandle.Counts()
        state = .lost
        nextAttempt = 0
        return .lost(name)
    }

    /// Looks at how the interface is, at the event time `now`. Returns what has changed.
    func inspect(_ inspector: InterfaceInspector, now: Int64) -> LiveNews? {
        switch state {
        case .capturing:
            guard inspector.condition(of: name, index: interfaceIndex) != .up else { return nil }
            state = .down
            downSince = now
            handle?.clearError()
            return .down(name)
        case .down:
            switch inspector.condition(of: name, index: interfaceIndex) {
            case .up:
                handle?.clearError()
                state = .capturing
                return .up(name)
            case .down: return nil
            case .gone:
                // What it brought before it went is in the ring, and is read first.
                let isRead = head == nil && emptyAt >= downSince.clampedAdd(LiveCapture.settlingTime)
                return isRead ? lose() : nil
            }
        case .lost: return reopen()
        case .failed: return nil
        }
    }

    private func reopen() -> LiveNews? {
        let now = SystemClock.monotonic()
        guard now >= nextAttempt else { return nil }
        nextAttempt = now + Self.attemptInterval
        do throws(CaptureError) {
            let handle = try LiveHandle(interface: name, options: options)
            guard handle.linkType == linkType else {
                throw .cannotCapture(name, reason: "came back with another link type")
            }
            self.handle = handle
            interfaceIndex = if_nametoindex(name)
            state = .capturing
            return .up(name)
        } catch {
            switch error {
            case .noSuchInterface, .interfaceDown: return nil
            case .cannotCapture where interfaceIsAway: return nil
            default:
                state = .failed(error)
                return .failed(error)
            }
        }
    }

    /// Interfaces vanish at any moment, also while one is being opened.
    private var interfaceIsAway: Bool { if_nametoindex(name) == 0 }

    // MARK: Counts

    /// Reads the kernel's counts; returns the packets dropped since they were last read.
    func takeDrops() -> UInt64 {
        guard let counts = handle?.counts() else { return 0 }
        let dropped = UInt64(counts.dropped &- lastCounts.dropped)
        let byInterface = UInt64(counts.droppedByInterface &- lastCounts.droppedByInterface)
        statistics.received += UInt64(counts.received &- lastCounts.received)
        statistics.dropped += dropped
        statistics.droppedByInterface += byInterface
        lastCounts = counts
        return dropped + byInterface
    }
}

/// Something about an interface or the clock that a person will want to know.
public enum LiveNews: Hashable, Sendable {
    case down(String)
    case lost(String)
    case up(String)
    case failed(CaptureError)
    /// The system's clock was set back by so many nanoseconds; event time goes on ahead of it.
    case clockSetBack(Int64)
}

extension LiveNews: CustomStringConvertible {
    public var description: String {
        switch self {
        case .down(let name): "\(name): the interface is down; waiting for it"
        case .lost(let name): "\(name): the interface is gone; waiting for it"
        case .up(let name): "\(name): the interface is there again"
        case .failed(let error): "\(error)"
        case .clockSetBack(let distance):
            "the clock was set back by \(Double(distance / 1_000_000) / 1000) s: times go on ahead of it by so much"
        }
    }
}

/// Asks the kernel how interfaces are: netdevice(7).
final class InterfaceInspector {
    enum Condition {
        case up, down, gone
    }

    private let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// `index`: the interface's number when it was opened, 0 for the pseudo-interface of all.
    func condition(of name: String, index: UInt32) -> Condition {
        guard index != 0, descriptor >= 0 else { return .up }
        guard if_nametoindex(name) == index else { return .gone }
        var request = ifreq()
        withUnsafeMutableBytes(of: &request) { bytes in
            // ifr_name comes first, 16 bytes with a zero at the end.
            for (place, byte) in name.utf8.prefix(15).enumerated() { bytes[place] = byte }
        }
        guard ioctl(descriptor, UInt(SIOCGIFFLAGS), &request) == 0 else { return errno == ENODEV ? .gone : .up }
        return Int32(request.ifr_ifru.ifru_flags) & Int32(IFF_UP) != 0 ? .up : .down
    }
}
