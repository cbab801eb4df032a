import CPcap
import Packets
import Synchronization

/// A filter expression in libpcap's language, compiled once for each link type that occurs.
final class PacketFilter {
    private let expression: String
    private var programs: [UInt32: Program] = [:]
    /// The link type of the packet before: nearly always that of the next one.
    private var latest: (linkType: UInt32, program: Program)?
    /// Link types the filter cannot be applied to, since ``takeErrors()`` was called.
    private var errors: [CaptureError] = []

    /// Checks the expression. Some make sense for some link types only (`wlan type mgt`), so one that compiles
    /// for any of these is taken.
    init(_ expression: String) throws(CaptureError) {
        self.expression = expression
        var firstReason: String?
        for linkType in [1, 127, 101, 113, 276, 105, 0] as [UInt32] {
            switch Program.compile(expression, linkType: linkType) {
            case .program(let program):
                programs[linkType] = program
                return
            case .rejectsAll(let reason), .failed(let reason):
                firstReason = firstReason ?? reason
            }
        }
        throw .badFilter(expression: expression, reason: firstReason ?? "not understood")
    }

    /// Keeps the packets of a batch that pass.
    func apply(to batch: PacketBatch) {
        batch.filter { record, start in
            program(for: record.linkType.rawValue).passes(record, start)
        }
    }

    /// The errors that came up, each once.
    func takeErrors() -> [CaptureError] {
        defer { errors.removeAll() }
        return errors
    }

    @inline(__always)
    private func program(for linkType: UInt32) -> Program {
        if let latest, latest.linkType == linkType { return latest.program }
        let program = programs[linkType] ?? compile(for: linkType)
        latest = (linkType, program)
        return program
    }

    private func compile(for linkType: UInt32) -> Program {
        let program: Program
        switch Program.compile(expression, linkType: linkType) {
        case .program(let compiled):
            program = compiled
        case .rejectsAll:
            program = Program()
        case .failed(let reason):
            program = Program()
            errors.append(
                .filterNotApplicable(expression: expression, linkType: linkType, reason: reason))
        }
        programs[linkType] = program
        return program
    }
}

/// A compiled filter: a program for libpcap's interpreter, and its owner.
private final class Program {
    enum Compilation {
        case program(Program)
        /// libpcap found out that no packet of the link type can pass; its words.
        case rejectsAll(String)
        case failed(String)
    }

    /// libpcap's compiler keeps its state in global variables in older versions.
    private static let compiler = Mutex<Void>(())

    private var code = bpf_program()
    private var passesNone = false

    /// A program that no packet passes.
    init() { passesNone = true }

    private init(_ code: bpf_program) { self.code = code }

    deinit {
        if !passesNone { pcap_freecode(&code) }
    }

    static func compile(_ expression: String, linkType: UInt32) -> Compilation {
        compiler.withLock { _ in
            guard let handle = pcap_open_dead(dataLinkType(linkType), 262_144) else {
                return .failed("out of memory")
            }
            defer { pcap_close(handle) }
            var code = bpf_program()
            if pcap_compile(handle, &code, expression, 1, PCAP_NETMASK_UNKNOWN) == 0 {
                return .program(Program(code))
            }
            let reason = String(cString: pcap_geterr(handle))
            return reason.contains("rejects all packets") ? .rejectsAll(reason) : .failed(reason)
        }
    }

    /// libpcap's own number for a link type of capture files. They differ where the systems of the nineties did
    /// not agree; everywhere else they are equal.
    private static func dataLinkType(_ linkType: UInt32) -> CInt {
        switch linkType {
        case 100: DLT_ATM_RFC1483
        case 101: DLT_RAW
        case 102: DLT_SLIP_BSDOS
        case 103: DLT_PPP_BSDOS
        case 106: DLT_ATM_CLIP
        default: CInt(truncatingIfNeeded: linkType)
        }
    }

    @inline(__always)
    func passes(_ record: PacketRecord, _ start: UnsafeRawPointer) -> Bool {
        if passesNone { return false }
        var header = pcap_pkthdr()
        header.caplen = record.capturedLength
        header.len = record.originalLength
        return pcap_offline_filter(&code, &header, start.assumingMemoryBound(to: UInt8.self)) != 0
    }
}
