import CheckpointStore
import Glibc
import Synchronization

/// A directory whose calls can be made to fail, and which flushes nothing to disk: tests only kill processes.
final class TestStorage: CheckpointStorage {
    private let directory: LocalDirectory
    private let state = Mutex(State())

    private struct State {
        var calls = 0
        var failing: Range<Int> = 0..<0
        var code = ENOSPC
    }

    init(_ path: String) throws {
        directory = LocalDirectory(path)
        try directory.make()
    }

    /// Calls that write, so far.
    var calls: Int { state.withLock { $0.calls } }

    /// Lets the calls with these numbers fail, from 0 as of now.
    func fail(_ calls: Range<Int>, with code: Int32) {
        state.withLock {
            $0.calls = 0
            $0.failing = calls
            $0.code = code
        }
    }

    fileprivate func call(
        _ operation: CheckpointError.SystemOperation, _ name: String = ""
    ) throws(CheckpointError) {
        let code = state.withLock { state -> Int32? in
            defer { state.calls += 1 }
            return state.failing.contains(state.calls) ? state.code : nil
        }
        if let code { throw .system(operation: operation, path: location + "/" + name, code: code) }
    }

    var location: String { directory.location }

    func names() throws(CheckpointError) -> [String] { try directory.names() }

    func makeFolder(_ folder: String) throws(CheckpointError) {
        try call(.createFolder, folder)
        try directory.makeFolder(folder)
    }

    func makeFile(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileWriting {
        try call(.createFile, folder + "/" + file)
        return TestFile(try directory.makeFile(file, in: folder), self)
    }

    func synchronise(folder: String) throws(CheckpointError) { try call(.synchronise) }
    func synchronise() throws(CheckpointError) { try call(.synchronise) }

    func rename(_ folder: String, to name: String) throws(CheckpointError) {
        try call(.rename, folder)
        try directory.rename(folder, to: name)
    }

    func remove(_ folder: String) throws(CheckpointError) {
        try call(.remove)
        try directory.remove(folder)
    }

    func open(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileReading {
        try directory.open(file, in: folder)
    }

    func lock() throws(CheckpointError) -> any CheckpointLock { try directory.lock() }
}

private final class TestFile: CheckpointFileWriting {
    private let file: any CheckpointFileWriting
    private let storage: TestStorage

    init(_ file: any CheckpointFileWriting, _ storage: TestStorage) {
        self.file = file
        self.storage = storage
    }

    func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) -> Int {
        try storage.call(.write)
        return try file.write(bytes)
    }

    func rewriteStart(_ bytes: [UInt8]) throws(CheckpointError) {
        try storage.call(.write)
        try file.rewriteStart(bytes)
    }

    func synchronise() throws(CheckpointError) { try storage.call(.synchronise) }
}
