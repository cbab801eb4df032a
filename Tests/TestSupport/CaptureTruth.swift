public import Foundation
import Glibc

/// What tshark says of a capture: the JSON of `captures/expected`, and of the truth beside shared captures, which has
/// the same fields and more.
public struct CaptureTruth: Decodable, Sendable {
    /// Traffic by the outermost or the innermost IP header.
    public struct Layer: Decodable, Sendable {
        public var packets: Int
        /// By their start in seconds; `none` holds packets without a time.
        public var windows: [String: Window]
    }

    public struct Window: Decodable, Sendable {
        public var packets: Int
        public var ipBytes: Int
        /// By host: packets, bytes and wire bytes, sent and received.
        public var hosts: [String: [Int]]
    }

    public var readOK: Bool
    public var frames: Int
    /// All frames by the start of their window, where the truth has it.
    public var framesByWindow: [String: Int]?
    public var outer: Layer
    public var inner: Layer

    private enum CodingKeys: String, CodingKey {
        case readOk, frames, framesByWindow, outer, inner
    }

    public init(contentsOf file: URL) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Self.self, from: Data(contentsOf: file))
    }

    public init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        readOK = try fields.decode(Bool.self, forKey: .readOk)
        frames = try fields.decode(Int.self, forKey: .frames)
        framesByWindow = try fields.decodeIfPresent([String: Int].self, forKey: .framesByWindow)
        outer = try fields.decode(Layer.self, forKey: .outer)
        // Where both are equal, the truth of the shared captures says the word "same".
        inner =
            (try? fields.decode(String.self, forKey: .inner)) == "same"
            ? outer : try fields.decode(Layer.self, forKey: .inner)
    }
}

/// An address by its bytes, however it is written.
public struct AddressBytes: Hashable, Sendable, CustomStringConvertible {
    private let bytes: [UInt8]
    public let description: String

    /// `nil` where the text is no address.
    public init?(_ text: String) {
        var bytes = [UInt8](repeating: 0, count: 16)
        if inet_pton(AF_INET, text, &bytes) == 1 {
            self.bytes = Array(bytes[..<4])
        } else if inet_pton(AF_INET6, text, &bytes) == 1 {
            self.bytes = bytes
        } else {
            return nil
        }
        description = text
    }

    public static func == (a: Self, b: Self) -> Bool { a.bytes == b.bytes }
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}
