internal import Glibc

/// Why privileges could not be dropped, or the process not be confined.
public enum SandboxError: Error, Hashable, Sendable, CustomStringConvertible {
    case unknownUser(String)
    /// Another user's identity can be taken by root alone.
    case needsRoot(user: String)
    /// A system call failed; `code` is its errno.
    case failed(String, code: Int32)
    /// Restrictions hold for the thread that asks for them and those it starts, so there must be no other.
    case threadsRunning(Int)

    public var description: String {
        switch self {
        case .unknownUser(let name): "there is no user '\(name)'"
        case .needsRoot(let user): "only root can become '\(user)'"
        case .failed(let step, let code): "sandbox: \(step): \(String(cString: strerror(code)))"
        case .threadsRunning(let count):
            "sandbox: \(count) threads are running, and it must be entered by the first"
        }
    }
}
