import Capture
import Glibc
import Reports

/// Which regular file something is, whatever names lead to it: two with one identity share their bytes.
struct FileIdentity: Hashable {
    private let device: UInt64
    private let inode: UInt64

    /// `nil` where there is no such file, and for pipes, terminals and devices, which writing does not destroy.
    init?(path: String) {
        var information = stat()
        guard stat(path, &information) == 0 else { return nil }
        self.init(information)
    }

    /// `nil` for a descriptor that is closed, and for pipes, terminals and devices.
    init?(descriptor: CInt) {
        var information = stat()
        guard fstat(descriptor, &information) == 0 else { return nil }
        self.init(information)
    }

    private init?(_ information: stat) {
        guard information.st_mode & S_IFMT == S_IFREG else { return nil }
        device = UInt64(information.st_dev)
        inode = UInt64(information.st_ino)
    }

    /// Refuses an output that is one of the captures, before it is created and with that emptied. Throws
    /// ``ReportError/outputIsInput(_:)``.
    static func checkThatNoOutput(
        of outputs: [OutputSpecification], isAmong captures: [CaptureInput]
    ) throws(ReportError) {
        let inputs = Set(captures.compactMap(Self.init(capture:)))
        for output in outputs {
            switch output.destination {
            case .file(let path):
                if let file = Self(path: path), inputs.contains(file) { throw .outputIsInput(path) }
            case .standardOutput:
                if let file = Self(descriptor: STDOUT_FILENO), inputs.contains(file) {
                    throw .outputIsInput("standard output")
                }
            }
        }
    }

    private init?(capture: CaptureInput) {
        switch capture {
        case .path(let path): self.init(path: path)
        case .standardInput: self.init(descriptor: STDIN_FILENO)
        }
    }
}
