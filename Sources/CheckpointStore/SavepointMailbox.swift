internal import Glibc

/// A wish for a savepoint, as the running job sees it.
public struct SavepointRequest: Hashable, Sendable {
    /// 32 hexadecimal digits that whoever asks has drawn.
    let identifier: String
}

/// How a savepoint is asked for: files in the directory of checkpoints, since whoever may write there may ask.
///
/// `savepoint.request` holds a random identifier; the job that holds the directory looks for it now and then, takes
/// the savepoint, and answers in `savepoint.answer-IDENTIFIER` with `written NAME` or `failed REASON`.
public struct SavepointMailbox: Sendable {
    private let directory: String

    public init(_ directory: String) { self.directory = directory }

    private static let requestName = "savepoint.request"
    private static let answerPrefix = "savepoint.answer-"
    // Each side has names of its own: what the one removes must never be what the other has just written.
    private static let requestDraftPrefix = "savepoint.asking-"
    private static let answerDraftPrefix = "savepoint.answering-"

    private var requestPath: String { "\(directory)/\(Self.requestName)" }
    private func answerPath(_ identifier: String) -> String { "\(directory)/\(Self.answerPrefix)\(identifier)" }

    // MARK: The job

    /// Whether somebody has asked and waits: one system call where nobody has. For the holder of the directory.
    public func pendingRequest() -> SavepointRequest? {
        guard access(requestPath, F_OK) == 0 else { return nil }
        guard let text = Self.read(requestPath), Self.isIdentifier(text) else {
            unlink(requestPath)
            return nil
        }
        return SavepointRequest(identifier: text)
    }

    public enum Answer: Hashable, Sendable {
        /// The savepoint's folder in the directory.
        case written(String)
        case failed(String)
    }

    /// Tells whoever asked what came of it, and makes room for the next request.
    public func answer(_ request: SavepointRequest, _ answer: Answer) throws(CheckpointError) {
        let text =
            switch answer {
            case .written(let folder): "written \(folder)"
            case .failed(let reason): "failed \(reason)"
            }
        if Self.read(requestPath) == request.identifier { unlink(requestPath) }
        let draft = "\(directory)/\(Self.answerDraftPrefix)\(request.identifier)"
        try Self.write(text, to: draft)
        guard rename(draft, answerPath(request.identifier)) == 0 else {
            throw .system(operation: .rename, path: draft, code: errno)
        }
    }

    /// Removes requests and answers of other times; for whoever has just locked the directory.
    func clear() throws(CheckpointError) {
        for name in try LocalDirectory(directory).names() where name.hasPrefix("savepoint.") {
            guard unlink("\(directory)/\(name)") == 0 || errno == ENOENT else {
                throw .system(operation: .remove, path: "\(directory)/\(name)", code: errno)
            }
        }
    }

    // MARK: Whoever asks

    public enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        case nobodyRuns(directory: String)
        case jobEnded(directory: String)
        case noAnswer(directory: String, holder: String, milliseconds: Int64)
        case failed(String)
        case system(CheckpointError)

        public var description: String {
            switch self {
            case .nobodyRuns(let directory): "\(directory): no process writes checkpoints there"
            case .jobEnded(let directory): "\(directory): the process ended before it took the savepoint"
            case .noAnswer(let directory, let holder, let milliseconds):
                "\(directory): \(holder) did not take a savepoint within \(milliseconds) ms"
            case .failed(let reason): "the savepoint could not be taken: \(reason)"
            case .system(let error): "\(error)"
            }
        }
    }

    /// Asks the process that holds the directory for a savepoint and waits until it is on disk, at most so many
    /// milliseconds; returns its folder's name.
    public func request(milliseconds: Int64) throws(Refusal) -> String {
        let identifier = Self.newIdentifier()
        let deadline = Self.clock() + milliseconds
        guard let holder = try holder() else { throw .nobodyRuns(directory: directory) }
        defer { withdraw(identifier) }
        var isPosted = false
        while true {
            // Asked before looking for the answer: a process that ends has answered first.
            let isHeld = try self.holder() != nil
            if !isPosted {
                isPosted = try post(identifier)
            } else if let text = Self.read(answerPath(identifier)) {
                return try Self.folder(in: text)
            }
            guard isHeld else { throw .jobEnded(directory: directory) }
            guard Self.clock() < deadline else {
                throw .noAnswer(directory: directory, holder: holder, milliseconds: milliseconds)
            }
            usleep(20_000)
        }
    }

    private func holder() throws(Refusal) -> String? {
        do throws(CheckpointError) {
            return try DirectoryLock.holder(of: directory)
        } catch {
            throw .system(error)
        }
    }

    /// Puts the request there, whole, unless another one waits: false then.
    private func post(_ identifier: String) throws(Refusal) -> Bool {
        let draft = "\(directory)/\(Self.requestDraftPrefix)\(identifier)"
        do throws(CheckpointError) {
            try Self.write(identifier, to: draft)
        } catch {
            throw .system(error)
        }
        defer { unlink(draft) }
        if link(draft, requestPath) == 0 { return true }
        guard errno == EEXIST else {
            throw .system(.system(operation: .createFile, path: requestPath, code: errno))
        }
        return false
    }

    private static func folder(in answer: String) throws(Refusal) -> String {
        if answer.hasPrefix("written ") {
            let folder = String(answer.dropFirst("written ".count))
            if CheckpointName(folder)?.kind == .savepoint { return folder }
        }
        throw .failed(answer.hasPrefix("failed ") ? String(answer.dropFirst("failed ".count)) : "no answer")
    }

    private func withdraw(_ identifier: String) {
        if Self.read(requestPath) == identifier { unlink(requestPath) }
        unlink(answerPath(identifier))
    }

    // MARK: Small files

    private static func newIdentifier() -> String {
        (0..<2).map { _ in Checksum.text(.random(in: 0...UInt32.max)) + Checksum.text(.random(in: 0...UInt32.max)) }
            .joined()
    }

    private static func isIdentifier(_ text: String) -> Bool {
        text.utf8.count == 32 && text.allSatisfy { $0.isASCII && $0.isHexDigit }
    }

    /// Milliseconds of a clock that nobody sets.
    private static func clock() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Int64(now.tv_sec) * 1000 + Int64(now.tv_nsec) / 1_000_000
    }

    private static func write(_ text: String, to path: String) throws(CheckpointError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw .system(operation: .createFile, path: path, code: errno) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else {
            throw .system(operation: .write, path: path, code: errno)
        }
    }

    /// The first 4096 bytes of a file, if it is one of text.
    private static func read(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &bytes, bytes.count)
        return String(validating: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
