/// Why decoding stopped before the transport header. A number, so that a flood of bad packets costs no more
/// than good ones; ``description`` has the words.
public enum DecodeProblem: UInt8, Sendable, CaseIterable, BitwiseCopyable {
    case none
    case truncatedLinkHeader
    case truncatedNetworkHeader
    case badNetworkHeader
    case unknownLinkType
}
