import ArgumentParser
import EventTime

@main
struct GenerateCapture: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate-capture",
        abstract: "Writes a synthetic packet capture for measurements.",
        discussion: """
            The same arguments give the same bytes. All addresses are private, benchmarking or \
            documentation ones; lengths and checksums are right. A tenth of the flows is IPv6, some are \
            tagged with a VLAN.
            """)

    @Argument(help: "The capture to write, in the classic pcap format.", completion: .file())
    var capture: String

    @Option(help: "How many packets.")
    var packets = 10_000_000

    @Option(help: "How many flows, at most a tenth of the packets. (default: a twentieth of the packets)")
    var flows: Int?

    @Option(help: "How many seconds of event time the packets are spread over.")
    var seconds = 600

    @Option(help: "The snapshot length: bytes that are kept of each frame.")
    var snaplen = 96

    @Option(help: "How many hosts there are that begin flows; 0.6 is the exponent of their Zipf law.")
    var clients = 20_000

    @Option(help: "How many hosts there are that answer; 0.95 is the exponent of their Zipf law.")
    var servers = 36_000

    @Option(help: "Where the random numbers begin.")
    var seed: UInt64 = 42

    @Option(help: "The share of packets, from 0 to 1, that are stamped up to 20 ms too early.")
    var outOfOrder = 0.01

    @Flag(help: "Make every packet a new flow from a new host, for four servers.")
    var flood = false

    @Flag(help: "Stamp the packets in nanoseconds, not microseconds.")
    var nanoseconds = false

    func validate() throws {
        func require(_ condition: Bool, _ message: String) throws {
            if !condition { throw ValidationError(message) }
        }
        try require(1...1_000_000_000 ~= packets, "'--packets' is from 1 to 1000000000.")
        try require(1...86_400 ~= seconds, "'--seconds' is from 1 to 86400.")
        try require(16...65_535 ~= snaplen, "'--snaplen' is from 16 to 65535.")
        try require(1...Host.maximumClients ~= clients, "'--clients' is from 1 to \(Host.maximumClients).")
        try require(1...Host.maximumServers ~= servers, "'--servers' is from 1 to \(Host.maximumServers).")
        try require(0...1 ~= outOfOrder, "'--out-of-order' is from 0 to 1.")
        if flood {
            try require(flows == nil, "'--flood' makes as many flows as packets; leave '--flows' out.")
            try require(
                packets <= Host.maximumClients, "A flood has at most \(Host.maximumClients) packets.")
        } else if let flows {
            let most = max(1, packets / MixedTraffic.packetsPerFlow)
            try require(1...most ~= flows, "'--flows' is from 1 to \(most), a tenth of the packets.")
        }
    }

    func run() throws {
        let settings = TrafficSettings(
            packets: packets, flows: flows ?? max(1, packets / 20), clients: clients, servers: servers,
            seed: seed, length: Nanoseconds(seconds) * .second, outOfOrder: outOfOrder)
        var writer = try CaptureWriter(path: capture, snapshotLength: snaplen, hasNanoseconds: nanoseconds)
        let summary =
            if flood {
                try FloodTraffic(settings: settings).write(to: &writer)
            } else {
                try MixedTraffic(settings: settings).write(to: &writer)
            }
        try writer.flush()
        print(
            "\(capture): \(writer.packets) packets, \(summary.flows) flows, \(summary.hosts) hosts,",
            "\(writer.wireBytes / writer.packets) bytes a frame, \(summary.outOfOrder) out of order")
    }
}
