import Capture
import Foundation
import Packets
import Testing

/// The captures of other projects, beside the package where they are there.
enum SharedCaptures {
    static let folder: URL? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let candidates = [
            package.appending(path: "../shared/captures"), package.appending(path: "../../shared/captures"),
        ]
        return candidates.map(\.standardizedFileURL)
            .first { FileManager.default.fileExists(atPath: $0.appending(path: "truth").path) }
    }()

    static let names: [String] = {
        guard let folder else { return [] }
        let files = try? FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "dev").path)
        return (files ?? []).sorted()
    }()
}

/// Calls `body` with each packet of a capture, as far as it can be read.
func forEachPacket(in capture: URL, _ body: (PacketRecord, RawSpan) -> Void) throws {
    let stream = try CaptureStream(inputs: [.path(capture.path)])
    while stream.readBatch() { stream.forEachPacket(body) }
}

/// What tshark found in a capture; `README.md` beside the captures explains the fields.
struct Truth: Decodable {
    struct Layer: Decodable, Equatable {
        var packets = 0
        var ipBytes: UInt64 = 0
        var wireBytes: UInt64 = 0
        var ipv4Packets = 0
        var ipv6Packets = 0
        var laterFragments = 0
        var protocols: [String: Int] = [:]
        var conversationsByProtocol: [String: Int] = [:]
        var noPortPairs = 0
        /// Packets, IP bytes, wire bytes, each sent and received.
        var hosts: [String: [UInt64]] = [:]
    }

    let frames: Int
    let framesWithoutIp: Int
    let outer: Layer
    let inner: Layer

    init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        frames = try values.decode(Int.self, forKey: .frames)
        framesWithoutIp = try values.decode(Int.self, forKey: .framesWithoutIp)
        outer = try values.decode(Layer.self, forKey: .outer)
        let isSame = (try? values.decode(String.self, forKey: .inner)) == "same"
        inner = isSame ? outer : try values.decode(Layer.self, forKey: .inner)
    }

    private enum CodingKeys: String, CodingKey {
        case frames, framesWithoutIp, outer, inner
    }

    init(of name: String) throws {
        let folder = try #require(SharedCaptures.folder)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(
            Truth.self, from: Data(contentsOf: folder.appending(path: "truth/\(name).json")))
    }
}

extension Truth.Layer {
    /// The same, counted from decoded packets.
    struct Counter {
        private(set) var layer = Truth.Layer()
        private var conversations: Set<[String]> = []
        private var withoutPorts: Set<[String]> = []

        /// Protocols that have ports; ICMP's type and code are none.
        private static let ported: Set<UInt8> = [6, 17, 33, 132, 136]

        mutating func add(_ packet: DecodedPacket) {
            layer.packets += 1
            layer.ipBytes += packet.bytes
            layer.wireBytes += UInt64(packet.wireBytes)
            if packet.source.family == .v4 { layer.ipv4Packets += 1 } else { layer.ipv6Packets += 1 }
            if packet.fragment == .later { layer.laterFragments += 1 }
            layer.protocols[String(packet.transport), default: 0] += 1
            let source = packet.source.description
            let destination = packet.destination.description
            count(source, [1, 0, packet.bytes, 0, UInt64(packet.wireBytes), 0])
            count(destination, [0, 1, 0, packet.bytes, 0, UInt64(packet.wireBytes)])

            let hasPorts = Self.ported.contains(packet.transport)
            if hasPorts && !packet.hasPorts {
                withoutPorts.insert([String(packet.transport)] + [source, destination].sorted())
            } else {
                let ends = [
                    "\(source) \(hasPorts ? packet.sourcePort : 0)",
                    "\(destination) \(hasPorts ? packet.destinationPort : 0)",
                ]
                if conversations.insert([String(packet.transport)] + ends.sorted()).inserted {
                    layer.conversationsByProtocol[String(packet.transport), default: 0] += 1
                }
            }
            layer.noPortPairs = withoutPorts.count
        }

        private mutating func count(_ host: String, _ numbers: [UInt64]) {
            let before = layer.hosts[host] ?? [0, 0, 0, 0, 0, 0]
            layer.hosts[host] = zip(before, numbers).map { $0 + $1 }
        }
    }
}
