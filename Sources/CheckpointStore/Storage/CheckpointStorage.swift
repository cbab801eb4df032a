/// Where checkpoints are kept: folders of files, in which a name changes from one to another in one step.
///
/// The calls are those of a file system, one for one, so that each can be made to fail in a test. An object store
/// can stand behind them as well: it puts files as whole objects under the folder's final prefix, and holds the last
/// one back, the manifest, until ``rename(_:to:)``; a checkpoint without a manifest is none.
///
/// Names hold no slash. Every error is a ``CheckpointError``.
public protocol CheckpointStorage: Sendable {
    /// Where it is, for messages.
    var location: String { get }

    /// The names of what is there, in any order; of folders and other files alike.
    func names() throws(CheckpointError) -> [String]
    func makeFolder(_ folder: String) throws(CheckpointError)
    /// A new file in a folder. Throws where there is one already.
    func makeFile(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileWriting
    /// The names of a folder's files outlive a crash once this returned.
    func synchronise(folder: String) throws(CheckpointError)
    /// The names of the folders outlive a crash once this returned.
    func synchronise() throws(CheckpointError)
    /// Gives a folder another name, in one step: whoever looks sees the one or the other. The new name is free.
    func rename(_ folder: String, to name: String) throws(CheckpointError)
    /// Removes a folder, if it is there, and the files in it.
    func remove(_ folder: String) throws(CheckpointError)
    /// Throws an absence (`ENOENT`) where there is no such file.
    func open(_ file: String, in folder: String) throws(CheckpointError) -> any CheckpointFileReading
    /// Takes the storage for this process alone, until the result is released. Throws
    /// ``CheckpointError/inUse(directory:holder:)``.
    func lock() throws(CheckpointError) -> any CheckpointLock
}

/// A file being written; closed with its last reference, whatever has happened to it.
public protocol CheckpointFileWriting: AnyObject {
    /// Appends bytes; returns how many of them, which is at least one.
    func write(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) -> Int
    /// Puts other bytes in the place of the first ones, as many as there are.
    func rewriteStart(_ bytes: [UInt8]) throws(CheckpointError)
    /// What was written outlives a crash once this returned.
    func synchronise() throws(CheckpointError)
}

extension CheckpointFileWriting {
    /// Appends all of the bytes.
    func writeAll(_ bytes: UnsafeRawBufferPointer) throws(CheckpointError) {
        var rest = bytes
        while !rest.isEmpty {
            let written = try write(rest)
            rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        }
    }

    func writeAll(_ bytes: [UInt8]) throws(CheckpointError) {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: bytes)
        try writeAll(UnsafeRawBufferPointer(copy))
    }
}

/// A file being read from its beginning; closed with its last reference.
public protocol CheckpointFileReading: AnyObject {
    /// Bytes of the file.
    var byteCount: UInt64 { get }
    /// Reads the next bytes, at most as many as fit; 0 at the end.
    func read(into buffer: UnsafeMutableRawBufferPointer) throws(CheckpointError) -> Int
}

/// Held as long as it is referenced.
public protocol CheckpointLock: AnyObject, Sendable {
    /// Throws ``CheckpointError/lockLost(directory:)`` where what is locked is not what is there any more.
    func check() throws(CheckpointError)
}
