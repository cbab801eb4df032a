import Foundation
import Glibc
import HostStatistics
import Testing

@testable import Reports

@Suite("Files that cannot be written", .serialized)
struct OutputFailureTests {
    static func output(_ path: String, _ kind: OutputKind = .hosts) -> OutputSpecification {
        OutputSpecification(kind: kind, format: .csv, destination: .file(path: path))
    }

    @Test("for want of a folder cannot be created")
    func noFolder() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("missing/a.csv")
        let error = try #require(throws: ReportError.self) { try ReportWriter(outputs: [Self.output(path)]) }
        #expect(error == .cannotCreate(path: path, code: ENOENT))
        #expect(error.category == .cannotCreate)
        #expect(error.description == "\(path): cannot create: No such file or directory")
    }

    @Test("since they are folders cannot be created")
    func folderItself() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("")
        #expect(throws: ReportError.cannotCreate(path: path, code: EISDIR)) {
            try ReportWriter(outputs: [Self.output(path)])
        }
    }

    @Test("for want of permission cannot be created", .disabled(if: geteuid() == 0, "root may write anywhere"))
    func noPermission() throws {
        let folder = try TemporaryFolder()
        chmod(folder.path(""), 0o555)
        let path = folder.path("a.csv")
        #expect(throws: ReportError.cannotCreate(path: path, code: EACCES)) {
            try ReportWriter(outputs: [Self.output(path)])
        }
    }

    @Test("for want of room say how far they came")
    func fullDisk() throws {
        let writer = try ReportWriter(outputs: [Self.output("/dev/full")])
        try writer.write(report([host(.other)]))
        let error = try #require(throws: ReportError.self) { try writer.flush() }
        #expect(error == .cannotWrite(path: "/dev/full", code: ENOSPC, position: 0))
        #expect(error.category == .inputOutput)
        #expect(error.description == "/dev/full: cannot write after 0 bytes: No space left on device")
    }

    @Test("for want of room fail in the middle of a large window, not at its end only")
    func fullDiskEarly() throws {
        let writer = try ReportWriter(outputs: [Self.output("/dev/full")])
        let large = report([HostRow](repeating: host(.other), count: 10_000))
        #expect(throws: ReportError.cannotWrite(path: "/dev/full", code: ENOSPC, position: 0)) {
            try writer.write(large)
        }
    }

    @Test("take no other file with them")
    func othersAreFinished() throws {
        let folder = try TemporaryFolder()
        let outputs = [Self.output("/dev/full"), Self.output(folder.path("a.csv"))]
        let writer = try ReportWriter(outputs: outputs)
        try writer.write(report([host(.other)]))
        #expect(throws: ReportError.cannotWrite(path: "/dev/full", code: ENOSPC, position: 0)) {
            try writer.finish(summary: RunSummary())
        }
        #expect(try folder.text("a.csv").split(separator: "\n").count == 2)
    }

    @Test("under two names at once are found out")
    func sameFile() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: folder.url.appending(path: "a.csv"))
        symlink(folder.path("a.csv"), folder.path("b.csv"))
        #expect(throws: ReportError.sameDestination(folder.path("b.csv"))) {
            try ReportWriter(outputs: [
                Self.output(folder.path("a.csv")), Self.output(folder.path("b.csv"), .flows),
            ])
        }
    }

    @Test("are not emptied for a mistake on the command line")
    func mistakesComeFirst() throws {
        let folder = try TemporaryFolder()
        try Data("old".utf8).write(to: folder.url.appending(path: "a.csv"))
        #expect(throws: ReportError.self) {
            try ReportWriter(outputs: [Self.output(folder.path("a.csv"))], options: ReportOptions(sort: "size"))
        }
        #expect(try folder.text("a.csv") == "old")
    }
}

@Suite("Standard output", .serialized)
struct StandardOutputTests {
    /// A pipe whose reading end is closed already.
    static func pipeWithoutReader() -> Int32 {
        signal(SIGPIPE, SIG_IGN)
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        close(ends[0])
        return ends[1]
    }

    static let toStandardOutput = OutputSpecification(kind: .hosts, format: .csv, destination: .standardOutput)

    @Test("whose reader has gone ends the run quietly")
    func readerGone() throws {
        let descriptor = Self.pipeWithoutReader()
        defer { close(descriptor) }
        let writer = try ReportWriter(
            outputs: [Self.toStandardOutput], options: ReportOptions(flushesEachWindow: true),
            standardOutput: OutputFile(descriptor: descriptor))
        let error = try #require(throws: ReportError.self) { try writer.write(report([host(.other)])) }
        #expect(error == .readerGone)
        #expect(error.category == .readerGone)
        try writer.finish(summary: RunSummary())
    }

    @Test("whose reader has gone does not end other outputs")
    func othersGoOn() throws {
        let descriptor = Self.pipeWithoutReader()
        defer { close(descriptor) }
        let folder = try TemporaryFolder()
        let outputs = [Self.toStandardOutput, OutputFailureTests.output(folder.path("a.csv"))]
        let writer = try ReportWriter(
            outputs: outputs, options: ReportOptions(flushesEachWindow: true),
            standardOutput: OutputFile(descriptor: descriptor))
        for _ in 0..<3 { try writer.write(report([host(.other)])) }
        try writer.finish(summary: RunSummary())
        #expect(try folder.text("a.csv").split(separator: "\n").count == 4)
    }

    @Test("stays open")
    func staysOpen() throws {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        defer { for end in ends { close(end) } }
        let writer = try ReportWriter(
            outputs: [Self.toStandardOutput], options: ReportOptions(),
            standardOutput: OutputFile(descriptor: ends[1]))
        try writer.finish(summary: RunSummary())
        #expect(fcntl(ends[1], F_GETFD) >= 0)
    }
}

@Suite("Files")
struct OutputFileTests {
    @Test("are emptied, hold whole rows, and tell how much the kernel has taken")
    func positions() throws {
        let folder = try TemporaryFolder()
        try Data("old".utf8).write(to: folder.url.appending(path: "a.csv"))
        let writer = try ReportWriter(outputs: [OutputFailureTests.output(folder.path("a.csv"))])
        #expect(try folder.text("a.csv") == "")
        #expect(writer.positions.map(\.position) == [0])
        let window = report([HostRow](repeating: host(.other), count: 1000))
        for _ in 0..<5 {
            try writer.write(window)
            let text = try folder.text("a.csv")
            #expect(text.isEmpty || text.hasSuffix("\n"))
            #expect(writer.positions.map(\.position) == [text.utf8.count])
        }
        try writer.finish(summary: RunSummary())
        let text = try folder.text("a.csv")
        #expect(text.split(separator: "\n").count == 5001)
        #expect(writer.positions.map(\.position) == [text.utf8.count])
    }

    @Test("begin anew after a rotation moved them, with a header")
    func rotation() throws {
        let folder = try TemporaryFolder()
        let writer = try ReportWriter(outputs: [OutputFailureTests.output(folder.path("a.csv"))])
        try writer.write(report([host(.other)]))
        try FileManager.default.moveItem(atPath: folder.path("a.csv"), toPath: folder.path("a.csv.1"))
        try writer.reopen()
        try writer.write(report([host(.other), host(.other)]))
        try writer.finish(summary: RunSummary())
        #expect(try folder.text("a.csv.1").split(separator: "\n").count == 2)
        let lines = try folder.text("a.csv").split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines[0].hasPrefix("window_start,"))
        #expect(writer.positions.map(\.position) == [try folder.text("a.csv").utf8.count])
    }

    @Test("that nobody moved are added to when reopened")
    func reopenedInPlace() throws {
        let folder = try TemporaryFolder()
        let writer = try ReportWriter(outputs: [OutputFailureTests.output(folder.path("a.csv"))])
        try writer.write(report([host(.other)]))
        try writer.reopen()
        try writer.write(report([host(.other)]))
        try writer.finish(summary: RunSummary())
        #expect(try folder.text("a.csv").split(separator: "\n").count == 3)
        #expect(writer.positions.map(\.position) == [try folder.text("a.csv").utf8.count])
    }

    @Test("of several kinds get what is theirs")
    func kinds() throws {
        let folder = try TemporaryFolder()
        let outputs = OutputKind.allCases.map { OutputFailureTests.output(folder.path($0.rawValue), $0) }
        let writer = try ReportWriter(outputs: outputs)
        #expect(writer.wantsHosts && writer.wantsTotals && writer.wantsFlows)
        try writer.write(report([host(.other), host(.other)]))
        try writer.write([flow(), flow(), flow()])
        try writer.finish(summary: RunSummary())
        let rows = try OutputKind.allCases.map { try folder.text($0.rawValue).split(separator: "\n").count - 1 }
        #expect(rows == [2, 1, 3])
        let hostsOnly = try ReportWriter(outputs: [OutputFailureTests.output("/dev/null")])
        #expect(hostsOnly.wantsHosts && !hostsOnly.wantsTotals && !hostsOnly.wantsFlows)
    }
}

@Suite("A terminal")
struct TerminalTests {
    static func withTerminal(columns: UInt16, _ body: (Int32) throws -> Void) throws {
        var leader: Int32 = 0
        var follower: Int32 = 0
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        try #require(openpty(&leader, &follower, nil, nil, &size) == 0)
        defer {
            close(leader)
            close(follower)
        }
        try body(follower)
    }

    @Test("has its own width, and colour unless refused")
    func terminal() throws {
        try Self.withTerminal(columns: 132) { descriptor in
            let plain = Terminal(descriptor: descriptor) { _ in nil }
            #expect(plain == Terminal(width: 132, usesColour: true, isTerminal: true))
            for refusal in [["NO_COLOR": "1"], ["TERM": "dumb"]] {
                #expect(!Terminal(descriptor: descriptor) { refusal[$0] }.usesColour)
            }
            // no-color.org: an empty variable refuses nothing.
            #expect(Terminal(descriptor: descriptor) { ["NO_COLOR": ""][$0] }.usesColour)
        }
    }

    @Test("that is a pipe has no colour, and the width of COLUMNS or 80")
    func pipes() {
        var ends: [Int32] = [0, 0]
        pipe(&ends)
        defer { for end in ends { close(end) } }
        #expect(Terminal(descriptor: ends[1]) { _ in nil } == Terminal(width: 80))
        #expect(Terminal(descriptor: ends[1]) { ["COLUMNS": "120"][$0] } == Terminal(width: 120))
        #expect(Terminal(descriptor: ends[1]) { ["COLUMNS": "-3"][$0] } == Terminal(width: 80))
    }
}

@Suite("A file that is gone on with")
struct ResumedFileTests {
    @Test("is committed by what stands there, though nothing was written since", arguments: [0, 5, 5000])
    func tail(count: Int) throws {
        let folder = try TemporaryFolder()
        let file = try OutputFile(path: folder.path("a.csv"))
        var text = TextBuffer(capacity: 8192)
        for index in 0..<count { text.append(UInt8(truncatingIfNeeded: index % 64 + 32)) }
        try file.write(&text)
        let before = file.committed
        let again = try OutputFile(pathAsItIs: folder.path("a.csv"))
        try again.goOn(at: count)
        #expect(again.committed == before)
    }
}
