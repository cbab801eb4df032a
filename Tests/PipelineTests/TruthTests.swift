import Foundation
import Packets
import TestSupport
import Testing

@Suite("Hosts and totals of 10 s windows are what tshark says")
struct TruthTests {
    static let layers: [IPLayer] = [.inner, .outer]

    /// Of captures that were recorded for this project.
    static let own = KnownCaptures.names(in: KnownCaptures.own.appending(path: "expected"))
    static let shared = KnownCaptures.names(in: KnownCaptures.shared?.appending(path: "truth"))

    @Test("of captures that are there to be compared")
    func areThere() { #expect(Self.own.count > 25) }

    @Test("of our own captures", arguments: own, layers)
    func ownCaptures(name: String, layer: IPLayer) throws {
        let truth = try CaptureTruth(
            contentsOf: KnownCaptures.own.appending(path: "expected").appending(path: name))
        let capture = KnownCaptures.own.appending(path: name.replacing(".json", with: "")).path
        try Self.compare(capture, with: truth, layer)
    }

    @Test("of compressed captures, which are the same as the plain one", arguments: ["gz", "zst", "lz4"])
    func compressed(format: String) throws {
        let truth = try CaptureTruth(
            contentsOf: KnownCaptures.own.appending(path: "expected/http.pcap.json"))
        try Self.compare(KnownCaptures.own.appending(path: "http.pcap." + format).path, with: truth, .inner)
    }

    @Test(
        "of the developers' captures", .enabled(if: !shared.isEmpty, "they lie beside the project"),
        arguments: shared, layers)
    func sharedCaptures(name: String, layer: IPLayer) throws {
        let folder = try #require(KnownCaptures.shared)
        let truth = try CaptureTruth(contentsOf: folder.appending(path: "truth").appending(path: name))
        let capture = folder.appending(path: "dev").appending(path: name.replacing(".json", with: "")).path
        if name.hasPrefix("tcpdump-timestamp_invalid_micro") {
            // Sub-second fields of a second and more: both packets are untimed; tshark gives one of them a time.
            let run = try ReplayRun([capture]) { $0.watermarkDelay = nil }
            #expect(run.outcome.summary.packetsRead == UInt64(truth.frames))
            #expect(run.totals.sum("packets") + Int(run.outcome.summary.untimedPackets) == truth.frames)
            return
        }
        try Self.compare(capture, with: truth, layer)
    }

    private static func compare(_ capture: String, with truth: CaptureTruth, _ layer: IPLayer) throws {
        let run = try ReplayRun([capture]) {
            $0.watermarkDelay = nil
            $0.layer = layer
        }
        #expect(run.outcome.inputErrors.isEmpty == truth.readOK)
        #expect(run.outcome.summary.packetsRead == UInt64(truth.frames))
        let expected = layer == .inner ? truth.inner : truth.outer

        var found: [String: [AddressBytes: [Int]]] = [:]
        for row in run.hosts.rows {
            found[row["window_start"], default: [:]][try #require(AddressBytes(row["host"]))] = row.hostCounts
        }
        for (start, window) in expected.windows {
            guard let time = Self.text(start) else { continue }
            let hosts = Dictionary(
                uniqueKeysWithValues: try window.hosts.map { (try #require(AddressBytes($0.key)), $0.value) })
            let wrong = Set(hosts.keys).union(found[time]?.keys ?? [:].keys).filter {
                found[time]?[$0] != hosts[$0]
            }
            for host in wrong.prefix(3) {
                Issue.record("\(time) \(host): \(found[time]?[host] ?? []), not \(hosts[host] ?? [])")
            }
        }
        #expect(
            Set(found.keys) == Set(expected.windows.filter { !$0.value.hosts.isEmpty }.keys.compactMap(Self.text)))

        for row in run.totals.rows {
            let key = Set(expected.windows.keys).first { Self.text($0) == row["window_start"] }
            let window = key.flatMap { expected.windows[$0] }
            #expect(row.number("ip_packets") == window?.packets ?? 0)
            #expect(row.number("bytes") == window?.ipBytes ?? 0)
            #expect(row.number("hosts") == window?.hosts.count ?? 0)
        }
        if let frames = truth.framesByWindow {
            let packets = Dictionary(
                uniqueKeysWithValues: run.totals.rows.map { ($0["window_start"], $0.number("packets")) })
            let timed = frames.compactMap { start, count in Self.text(start).map { ($0, count) } }
            #expect(packets == Dictionary(uniqueKeysWithValues: timed))
        }
        let untimed = Int(run.outcome.summary.untimedPackets)
        #expect(run.totals.sum("packets") + untimed == truth.frames)
    }

    /// A window's start as the reports write it; `nil` for `none` and for times that 64-bit nanoseconds cannot hold.
    private static func text(_ start: String) -> String? {
        guard let seconds = Int64(start) else { return nil }
        let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? nil : UTCTime.text(nanoseconds)
    }
}

@Suite("Flows are the conversations that others see")
struct FlowTruthTests {
    struct Conversation: Decodable {
        var source: String
        var destination: String
        var communityID: String
        var packets: Int

        private enum CodingKeys: String, CodingKey {
            case source, destination, packets
            case communityID = "community_id"
        }
    }

    static let folder = KnownCaptures.own.appending(path: "expected/flows")

    @Test("with their packets and Community IDs", arguments: KnownCaptures.names(in: folder))
    func conversations(name: String) throws {
        let expected = try JSONDecoder().decode(
            [Conversation].self, from: Data(contentsOf: Self.folder.appending(path: name)))
        let capture = KnownCaptures.own.appending(path: name.replacing(".json", with: "")).path
        let flows = try ReplayRun([capture]).flows.rows
        // One conversation may be several flows, one after the other.
        let found = Dictionary(grouping: flows) { $0["community_id"] }
        #expect(Set(found.keys) == Set(expected.map(\.communityID)))
        for conversation in expected {
            let flows = found[conversation.communityID] ?? []
            let packets = flows.reduce(0) { $0 + $1.number("source_packets") + $1.number("destination_packets") }
            #expect(packets == conversation.packets, "\(conversation)")
            let ends = Set(flows.flatMap { [$0["source_ip"], $0["destination_ip"]] })
            #expect(ends == [conversation.source, conversation.destination])
        }
    }
}
