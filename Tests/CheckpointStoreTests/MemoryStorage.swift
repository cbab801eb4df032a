import CheckpointStore
import EventTime
import Glibc
import Synchronization

/// Storage that forgets what was not flushed, and fails when told to.
///
/// What a file holds is durable once the file was flushed, which files a folder has once the folder was, and which
/// folders there are once the top was.
final class MemoryStorage: CheckpointStorage {
    enum Fault: Equatable {
        /// The call fails once, with this code; before a write fails, half of it is written.
        case error(Int32)
        /// All calls from this one on fail: the process is dead.
        case death
    }

    /// What survives.
    enum Crash: CaseIterable {
        /// The process was killed: everything it wrote is there.
        case kill
        /// The power went: only what was flushed is there.
        case powerLoss
        /// The power went, and names had been written by chance, but not what the files held.
        case namesAhead
    }

    fileprivate struct File {
        var bytes: [UInt8] = []
        var durable: [UInt8] = []
    }

    /// Files and folders by number, so that a name can lead to one before and after a crash.
    fileprivate struct Disk {
        var files: [Int: File] = [:]
        var folders: [Int: (now: [String: Int], durable: [String: Int])] = [:]
        var top: (now: [String: Int], durable: [String: Int]) = ([:], [:])
        var next = 0
        var isLocked = false
        var calls: [String] = []
        var faultAt: Int?
        var fault = Fault.death
        var writesAreShort = false
        var isDead = false
    }

    let location = "memory"
    private let disk = Mutex(Disk())

    /// Lets the call with this number, from 0 as of now, fail.
    func fail(at call: Int?, _ fault: Fault = .death) {
        disk.withLock {
            $0.calls = []
            $0.faultAt = call
            $0.fault = fault
            $0.isDead = false
        }
    }

    /// Each write takes at most seven bytes.
    func writeShort(_ isShort: Bool) { disk.withLock { $0.writesAreShort = isShort } }

    /// The calls since the last ``fail(at:_:)``.
    var calls: [String] { disk.withLock { $0.calls } }

    /// The storage as it is found after a crash.
    func after(_ crash: Crash) -> MemoryStorage {
        let copy = MemoryStorage()
        disk.withLock { old in
            copy.disk.withLock { new in
                new.next = old.next
                new.top.now = crash == .powerLoss ? old.top.durable : old.top.now
                new.folders = old.folders.mapValues { folder in
                    let names = crash == .powerLoss ? folder.durable : folder.now
                    return (names, names)
                }
                new.files = old.files.mapValues { file in
                    let bytes = crash == .kill ? file.bytes : file.durable
                    return File(bytes: bytes, durable: bytes)
                }
                new.top.durable = new.top.now
            }
        }
        return copy
    }

    // MARK: Files as they are

    func files(in folder: String) -> [String] {
        disk.withLock { disk in disk.top.now[folder].flatMap { disk.folders[$0]?.now.keys.sorted() } ?? [] }
    }

    func bytes(_ file: String, in folder: String) -> [UInt8] {
        disk.withLock { disk in disk.number(file, folder).flatMap { disk.files[$0]?.bytes } ?? [] }
    }

    func put(_ bytes: [UInt8], as file: String, in folder: String) {
        disk.withLock { disk in
            if let number = disk.number(file, folder) { disk.files[number] = File(bytes: bytes, durable: bytes) }
        }
    }

    // MARK: CheckpointStorage

    private func call<Value>(
        _ name: String, _ operation: CheckpointError.SystemOperation, halfWay: (inout Disk) -> Void = { _ in },
        _ body: (inout Disk) -> Value?
    ) throws(CheckpointError) -> Value {
        let result: Result<Value, CheckpointError> = disk.withLock { disk in
            let failure = { (code: Int32) in
                Result<Value, CheckpointError>.failure(.system(operation: operation, path: name, code: code))
            }
            if disk.isDead { return failure(EIO) }
            disk.calls.append(name)
            if disk.calls.count - 1 == disk.faultAt {
                halfWay(&disk)
                switch disk.fault {
                case .error(let code): return failure(code)
                case .death:
                    disk.isDead = true
                    return failure(EIO)
                }
            }
            return body(&disk).map { .success($0) } ?? failure(ENOENT)
        }
        return try result.get()
    }

    func names() throws(CheckpointError) -> [String] {
        try call("list", .list) { Array($0.top.now.keys) }
    }

    func makeFolder(_ folder: String) throws(CheckpointError) {
        try call("make folder", .createFolder) { disk -> Void? in
            guard disk.top.now[folder] == nil else { return nil }
            disk.next += 1
            disk.top.now[folder] = disk.next
            disk.folders[disk.next] = ([:], [:])
            return ()
        }
    }

    func makeFile(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileWriting {
        let number = try call("make \(file)", .createFile) { disk -> Int? in
            guard let parent = disk.top.now[folder], disk.folders[parent]?.now[file] == nil else { return nil }
            disk.next += 1
            disk.files[disk.next] = File()
            disk.folders[parent]?.now[file] = disk.next
            return disk.next
        }
        return Writing(self, number, file)
    }

    func synchronise(folder: String) throws(CheckpointError) {
        try call("flush folder", .synchronise) { disk -> Void? in
            guard let number = disk.top.now[folder], let names = disk.folders[number]?.now else { return nil }
            disk.folders[number]?.durable = names
            return ()
        }
    }

    func synchronise() throws(CheckpointError) {
        try call("flush top", .synchronise) { $0.top.durable = $0.top.now }
    }

    func rename(_ folder: String, to name: String) throws(CheckpointError) {
        try call("rename", .rename) { disk -> Void? in
            guard disk.top.now[name] == nil, let number = disk.top.now.removeValue(forKey: folder) else {
                return nil
            }
            disk.top.now[name] = number
            return ()
        }
    }

    func remove(_ folder: String) throws(CheckpointError) {
        let half: (inout Disk) -> Void = { disk in
            guard let number = disk.top.now[folder], let file = disk.folders[number]?.now.keys.min() else { return }
            disk.folders[number]?.now[file] = nil
        }
        try call("remove", .remove, halfWay: half) { disk in _ = disk.top.now.removeValue(forKey: folder) }
    }

    func open(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileReading {
        Reading(
            try call("open \(file)", .open) { disk in
                disk.number(file, folder).flatMap { disk.files[$0]?.bytes }
            })
    }

    func lock() throws(CheckpointError) -> any CheckpointLock {
        let isFree = try call("lock", .lock) { disk in
            defer { disk.isLocked = true }
            return !disk.isLocked
        }
        guard isFree else { throw .inUse(directory: location, holder: nil) }
        return Lock(self)
    }

    private final class Lock: CheckpointLock {
        func check() {}
        private let storage: MemoryStorage
        init(_ storage: MemoryStorage) { self.storage = storage }
        deinit { storage.disk.withLock { $0.isLocked = false } }
    }

    private final class Reading: CheckpointFileReading {
        private let bytes: [UInt8]
        private var position = 0
        var byteCount: UInt64 { UInt64(bytes.count) }

        init(_ bytes: [UInt8]) { self.bytes = bytes }

        func read(into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Int {
            let part = bytes[position...].prefix(buffer.count)
            buffer.copyBytes(from: part)
            position += part.count
            return part.count
        }
    }

    private final class Writing: CheckpointFileWriting {
        private let storage: MemoryStorage
        private let number: Int
        private let name: String

        init(_ storage: MemoryStorage, _ number: Int, _ name: String) {
            self.storage = storage
            self.number = number
            self.name = name
        }

        func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) -> Int {
            let half: (inout Disk) -> Void = { disk in
                disk.files[self.number]?.bytes += Array(bytes.prefix(bytes.count / 2))
            }
            return try storage.call("write \(name)", .write, halfWay: half) { disk in
                let part = Array(disk.writesAreShort ? bytes.prefix(7) : bytes[...])
                disk.files[self.number]?.bytes += part
                return part.count
            }
        }

        func rewriteStart(_ bytes: [UInt8]) throws(CheckpointError) {
            let half: (inout Disk) -> Void = { disk in
                disk.files[self.number]?.bytes.replaceSubrange(0..<4, with: bytes[..<4])
            }
            try storage.call("rewrite \(name)", .write, halfWay: half) { disk -> Void? in
                disk.files[self.number]?.bytes.replaceSubrange(bytes.indices, with: bytes)
            }
        }

        func synchronise() throws(CheckpointError) {
            try storage.call("flush \(name)", .synchronise) { disk -> Void? in
                guard let bytes = disk.files[self.number]?.bytes else { return nil }
                disk.files[self.number]?.durable = bytes
                return ()
            }
        }
    }
}

extension MemoryStorage.Disk {
    fileprivate func number(_ file: String, _ folder: String) -> Int? {
        top.now[folder].flatMap { folders[$0]?.now[file] }
    }
}
