/// Why packets could not be read, or could not be filtered. Names are those the person gave.
public enum CaptureError: Error, Hashable, Sendable {
    /// The input is missing, or may not be read; `reason` is the system's.
    case cannotOpen(String, reason: String)
    /// Reading failed after `offset` bytes of the file; `reason` is the system's.
    case cannotRead(String, offset: UInt64, reason: String)
    /// A directory without a single file to read.
    case noCaptures(directory: String)
    /// A file of no bytes at all.
    case empty(String)
    /// A file that begins with none of the magic numbers of a capture. `found`: its first bytes, at most eight.
    case notACapture(String, found: [UInt8])
    /// A capture that contradicts itself or ends too early. `packet` is the one that could not be read, from 1;
    /// `offset` is where its record begins, in bytes from the beginning of the (decompressed) capture.
    case damaged(String, packet: UInt64, offset: UInt64, CaptureDamage)
    /// Compressed data that cannot be decompressed. `packet` is the one that could not be read, from 1; `offset`
    /// counts the bytes of the compressed file.
    case damagedCompression(String, packet: UInt64, offset: UInt64, CompressionFormat, reason: String)
    /// The filter is no expression that libpcap understands; `reason` is libpcap's.
    case badFilter(expression: String, reason: String)
    /// libpcap cannot apply the filter to packets of a link type; those packets do not pass.
    case filterNotApplicable(expression: String, linkType: UInt32, reason: String)
    /// The standard input cannot be read twice.
    case standardInputTwice
    /// No reading goes on at `offset` bytes of the (decompressed) capture, where it stopped before.
    case cannotResume(String, offset: UInt64, reason: String)
    /// An error from before the stream was resumed, as it was described then.
    case earlier(description: String, Category)
    /// The system does not say which interfaces there are; `reason` is libpcap's.
    case cannotListInterfaces(reason: String)
    /// There is no interface of this name.
    case noSuchInterface(String)
    /// The interface is there, and is down.
    case interfaceDown(String)
    /// The system does not let this process capture; `reason` is libpcap's.
    case notPermitted(String, reason: String)
    /// Capturing fails for another reason; it is libpcap's.
    case cannotCapture(String, reason: String)
}

extension CaptureError {
    /// What an error means for the one who called: the exit status differs.
    public enum Category: UInt8, Sendable {
        /// The command asks for something that cannot be (64).
        case usage
        /// The input is damaged, or is no capture; what could be read was delivered (65).
        case damaged
        /// The input is missing or unreadable (66).
        case missing
        /// The process may not do what was asked (77).
        case notPermitted
    }

    public var category: Category {
        switch self {
        case .badFilter, .filterNotApplicable, .standardInputTwice: .usage
        case .empty, .notACapture, .damaged, .damagedCompression, .cannotResume: .damaged
        case .earlier(_, let category): category
        case .cannotOpen, .cannotRead, .noCaptures, .cannotListInterfaces, .noSuchInterface, .interfaceDown,
            .cannotCapture:
            .missing
        case .notPermitted: .notPermitted
        }
    }
}

extension CaptureError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cannotOpen(let name, let reason):
            "\(name): \(reason)"
        case .cannotRead(let name, let offset, let reason):
            "\(name): byte \(offset): \(reason)"
        case .noCaptures(let directory):
            "\(directory): no captures in this directory"
        case .empty(let name):
            "\(name): empty file"
        case .notACapture(let name, let found):
            "\(name): not a capture: \(UnknownFormat.describe(found))"
        case .damaged(let name, let packet, let offset, let damage):
            "\(name): packet \(packet), byte \(offset): \(damage)"
        case .damagedCompression(let name, let packet, let offset, let format, let reason):
            "\(name): packet \(packet), compressed byte \(offset): \(format.rawValue): \(reason)"
        case .badFilter(let expression, let reason):
            "filter '\(expression)': \(reason)"
        case .filterNotApplicable(let expression, let linkType, let reason):
            "filter '\(expression)': link type \(linkType) cannot be filtered with it: \(reason)"
        case .cannotListInterfaces(let reason):
            "cannot list the interfaces: \(reason)"
        case .noSuchInterface(let name):
            "\(name): no such interface; 'tidemark interfaces' lists them"
        case .interfaceDown(let name):
            "\(name): the interface is down"
        case .notPermitted(let name, let reason):
            "\(name): you may not capture: \(reason); \(CaptureInterface.permissionAdvice)"
        case .cannotCapture(let name, let reason):
            "\(name): \(reason)"
        case .cannotResume(let name, let offset, let reason):
            "\(name): cannot go on at byte \(offset): \(reason)"
        case .earlier(let description, _):
            description
        case .standardInputTwice:
            "the standard input can be read only once"
        }
    }
}

/// What is wrong with a capture file. Lengths are bytes.
public enum CaptureDamage: Hashable, Sendable {
    /// The file ends inside the header of the file, or of a record or block.
    case truncatedHeader(needed: Int, available: Int)
    /// The file ends inside a packet's bytes.
    case truncatedRecord(claimed: Int, available: Int)
    /// The file ends inside a pcapng block.
    case truncatedBlock(claimed: Int, available: Int)
    /// A captured length beyond what libpcap and Wireshark take for sane with this link type.
    case capturedLengthTooLong(claimed: UInt32, limit: UInt32)
    /// A version of the format that nobody has defined.
    case unsupportedVersion(major: UInt16, minor: UInt16)
    /// The number that tells a section's byte order is neither order's.
    case badByteOrderMagic(UInt32)
    /// A block length that is no multiple of four, too short for the block's type, or absurd.
    case badBlockLength(type: UInt32, UInt32)
    /// The block length in front of a block and the one behind it differ.
    case blockLengthsDiffer(UInt32, UInt32)
    /// A packet that claims more bytes than its block holds.
    case packetBeyondBlock(claimed: UInt32, available: Int)
    /// An option that claims more bytes than its block holds.
    case optionBeyondBlock(claimed: Int, available: Int)
    /// A time option of an interface, or the end of its options, whose length is not what the format says.
    case badOptionLength(code: UInt16, length: Int)
    /// A packet of an interface that the section has not described.
    case unknownInterface(UInt32, described: Int)
    /// More interfaces than any capture has.
    case tooManyInterfaces(limit: Int)
}

extension CaptureDamage: CustomStringConvertible {
    public var description: String {
        switch self {
        case .truncatedHeader(let needed, let available):
            "truncated header: \(needed) bytes needed, \(available) left"
        case .truncatedRecord(let claimed, let available):
            "truncated record: \(claimed) bytes claimed, \(available) left"
        case .truncatedBlock(let claimed, let available):
            "truncated block: \(claimed) bytes claimed, \(available) left"
        case .capturedLengthTooLong(let claimed, let limit):
            "captured length of \(claimed) bytes; at most \(limit) are possible"
        case .unsupportedVersion(let major, let minor):
            "unsupported version \(major).\(minor) of the format"
        case .badByteOrderMagic(let found):
            "the section's byte order mark is 0x\(String(found, radix: 16)), not 0x1a2b3c4d"
        case .badBlockLength(let type, let length):
            "block of type \(type) with the impossible length \(length)"
        case .blockLengthsDiffer(let front, let back):
            "the block's two lengths differ: \(front) in front, \(back) behind"
        case .packetBeyondBlock(let claimed, let available):
            "the packet claims \(claimed) bytes, its block holds \(available)"
        case .optionBeyondBlock(let claimed, let available):
            "an option claims \(claimed) bytes, its block holds \(available)"
        case .badOptionLength(let code, let length):
            "option \(code) of an interface cannot have the length \(length)"
        case .unknownInterface(let number, let described):
            "the packet is from interface \(number), but the section describes only \(described)"
        case .tooManyInterfaces(let limit):
            "more than \(limit) interfaces"
        }
    }
}
