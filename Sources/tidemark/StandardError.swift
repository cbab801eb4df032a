import ArgumentParser
import Capture
import CheckpointStore
import EventTime
import Glibc
import Pipeline
import Reports
import Sandbox

/// Messages for the person, and the exit status that goes with them (sysexits.h).
enum StandardError {
    /// Writes text as it is.
    static func write(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }

    /// Writes a message on a line of its own.
    static func say(_ message: String) { write("tidemark: \(message)\n") }

    /// Says why the command cannot go on; the result is to be thrown.
    static func exit(_ error: CaptureError) -> ExitCode {
        say("\(error)")
        return ExitCode(error.category.exitCode)
    }

    /// What ended a replay or a live capture. `withoutSandbox`: how to go on without a sandbox. An error of no known
    /// kind is to be thrown as it is.
    static func exit(_ error: any Error, withoutSandbox advice: String) -> any Error {
        switch error {
        case let error as CaptureError: return exit(error)
        case let error as ReportError: return exit(error)
        case let error as SandboxError: return exit(error, advice: advice)
        case let error as CheckpointError: return exit(error)
        case let error as CheckpointMismatch:
            say("\(error)")
            return ExitCode(78)
        case let error as StateError:
            say("\(error)")
            return ExitCode(65)
        case let error as WorkerThread.CannotStart:
            say("cannot start a thread: \(String(cString: strerror(error.code)))")
            return ExitCode(70)
        default: return error
        }
    }

    /// `advice`: how to go on without a sandbox.
    private static func exit(_ error: SandboxError, advice: String) -> ExitCode {
        switch error {
        case .unknownUser:
            say("-Z: \(error)")
            return ExitCode(64)
        case .needsRoot:
            say("-Z: \(error)")
            return ExitCode(77)
        case .failed, .threadsRunning:
            say("\(error); \(advice)")
            return ExitCode(70)
        }
    }

    static func exit(_ error: ReportError) -> ExitCode {
        say("\(error)")
        return ExitCode(error.category.exitCode)
    }
}

extension CaptureError.Category {
    var exitCode: Int32 {
        switch self {
        case .usage: 64
        case .damaged: 65
        case .missing: 66
        case .notPermitted: 77
        }
    }
}

extension ReportError.Category {
    var exitCode: Int32 {
        switch self {
        case .usage: 64
        case .cannotCreate: 73
        case .inputOutput: 74
        case .readerGone: 0
        }
    }
}
