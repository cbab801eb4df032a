import Foundation
import TestSupport
import Testing

/// A Linux kernel of its own, as a process (user-mode Linux), for what must not be done to this machine, such as
/// setting its clock. It sees this machine's files, and can write only to one folder, its `/mnt`, and to memory: `/run`.
/// Of interfaces it has `lo`.
enum GuestKernel {
    private static let path = "/usr/bin/linux.uml"
    static let canRun = FileManager.default.isExecutableFile(atPath: path) && getuid() == 0
    static let reason: Comment = "user-mode-linux is not installed, or the test does not run as root"

    /// Runs a script of bash as the only process, in which `$T` is the command, and gives what it printed.
    static func run(_ script: String, in folder: ScratchFolder) throws -> String {
        let start = """
            #!/bin/bash
            export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C T='\(BuiltCommand.path)'
            export LD_LIBRARY_PATH='\(ProcessInfo.processInfo.environment["LD_LIBRARY_PATH"] ?? "")'
            mount -t proc proc /proc
            mount -t sysfs sys /sys
            mount -t tmpfs tmpfs /run
            mount -t hostfs -o '\(folder.path)' none /mnt
            ip link set lo up
            cd /run
            bash /mnt/script >/mnt/log 2>&1
            sync
            echo o >/proc/sysrq-trigger
            sleep 60

            """
        try folder.write(Array(script.utf8), as: "script")
        let program = try folder.write(Array(start.utf8), as: "start")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        let kernel = try RunningCommand(
            path,
            [
                "mem=512M", "root=/dev/root", "rootfstype=hostfs", "rootflags=/", "ro", "init=\(program)",
                "con=null", "con0=null,fd:1", "uml_dir=\(folder.path)/",
            ])
        // Starting a process takes long there, above all on a busy machine.
        _ = kernel.waits(for: 300) { kernel.hasEnded }
        let console = try kernel.wait()
        guard let log = try? folder.text("log") else { return console.output + console.errors }
        return log
    }
}
