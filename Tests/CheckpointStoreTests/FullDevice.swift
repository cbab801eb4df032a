@testable import CheckpointStore

/// Storage whose files are all `/dev/full`, through the calls of a local directory.
final class FullDevice: CheckpointStorage {
    private let memory = MemoryStorage()
    var location: String { "/dev" }

    func names() throws(CheckpointError) -> [String] { try memory.names() }
    func makeFolder(_ folder: String) throws(CheckpointError) { try memory.makeFolder(folder) }
    func makeFile(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileWriting {
        try LocalDirectory.appending(to: "/dev/full")
    }
    func synchronise(folder: String) throws(CheckpointError) { try memory.synchronise(folder: folder) }
    func synchronise() throws(CheckpointError) { try memory.synchronise() }
    func rename(_ folder: String, to name: String) throws(CheckpointError) { try memory.rename(folder, to: name) }
    func remove(_ folder: String) throws(CheckpointError) { try memory.remove(folder) }
    func open(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileReading {
        try memory.open(file, in: folder)
    }
    func lock() throws(CheckpointError) -> any CheckpointLock { try memory.lock() }
}
