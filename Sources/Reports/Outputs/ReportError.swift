internal import Glibc

/// Why outputs cannot be written as asked.
public enum ReportError: Error, Hashable, Sendable {
    case unknownFormat(String)
    /// A format the contract names and this version lacks.
    case plannedFormat(String)
    /// A kind the contract names and this version lacks.
    case plannedKind(String)
    /// `extension` is empty where the name has none.
    case unknownExtension(String, path: String)
    case emptyDestination(argument: String)
    /// Two outputs for one file, or two on standard output that are not tables.
    case sameDestination(String)
    /// An output that is one of the inputs, under whatever name: creating it would destroy what is to be read.
    case outputIsInput(String)
    case unknownSortField(String, known: [String])
    case badTop(Int)
    /// `code` is errno's.
    case cannotCreate(path: String, code: Int32)
    /// `code` is errno's; the output ends after `position` bytes.
    case cannotWrite(path: String, code: Int32, position: Int)
    /// What was written could not be flushed to disk; `code` is errno's.
    case cannotSynchronise(path: String, code: Int32)
    /// Who read standard output has gone (EPIPE) and nothing else is left to write: a quiet end, not a failure.
    case readerGone

    /// What the command makes of an error.
    public enum Category: Sendable {
        /// A mistake on the command line: exit status 64.
        case usage
        /// An output that cannot be created: exit status 73.
        case cannotCreate
        /// A failure to write, as on a full disk: exit status 74.
        case inputOutput
        /// Nothing to say: exit status 0.
        case readerGone
    }

    public var category: Category {
        switch self {
        case .cannotCreate: .cannotCreate
        case .cannotWrite, .cannotSynchronise: .inputOutput
        case .readerGone: .readerGone
        default: .usage
        }
    }
}

extension ReportError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownFormat(let name):
            let known = OutputFormat.allCases.map(\.rawValue).joined(separator: ", ")
            return "unknown format '\(name)'; the formats are \(known)"
        case .plannedFormat(let name):
            return "this version does not write \(name) yet"
        case .plannedKind(let name):
            let known = OutputKind.allCases.map(\.rawValue).joined(separator: ", ")
            return "this version does not write \(name) yet; it writes \(known)"
        case .unknownExtension(let name, let path):
            let known = OutputFormat.extensions.map { ".\($0.rawValue)" }.joined(separator: ", ")
            let cause = name.isEmpty ? "the name has no extension" : "unknown extension '.\(name)'"
            let hint = OutputKind(rawValue: path).map { "; for standard output write '\($0.rawValue):-'" } ?? ""
            return "\(path): \(cause); known are \(known), or say --format\(hint)"
        case .emptyDestination(let argument):
            return "'\(argument)' names no file; write '-' for standard output"
        case .sameDestination(let place):
            return place == "-"
                ? "two outputs on standard output: only tables of different kinds can share it"
                : "\(place): two outputs for one file"
        case .outputIsInput(let place):
            return "\(place): is also an input, and writing it would destroy what is to be read"
        case .unknownSortField(let field, let known):
            return "cannot sort by '\(field)'; the fields are \(known.joined(separator: ", "))"
        case .badTop(let number):
            return "--top takes a number from 1, not \(number)"
        case .cannotCreate(let path, let code):
            return "\(path): cannot create: \(Self.words(of: code))"
        case .cannotWrite(let path, let code, let position):
            return "\(path): cannot write after \(position) bytes: \(Self.words(of: code))"
        case .cannotSynchronise(let path, let code):
            return "\(path): cannot flush to disk: \(Self.words(of: code))"
        case .readerGone:
            return "standard output: nobody reads on"
        }
    }

    static func words(of code: Int32) -> String {
        guard let text = strerror(code) else { return "error \(code)" }
        return String(cString: text)
    }
}
