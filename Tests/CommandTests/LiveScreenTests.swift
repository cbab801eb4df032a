import Foundation
import Glibc
import TestSupport
import Testing

@Suite("The live screen, on a terminal", .enabled(if: getuid() == 0, "capturing takes root"))
struct LiveScreenTests {
    /// A screen of the loopback interface that shows traffic already.
    private static func start(
        columns: Int = 100, rows: Int = 24, environment: [String: String] = [:]
    ) throws -> (PseudoTerminal, DatagramSender) {
        let sender = try DatagramSender()
        let terminal = try PseudoTerminal(
            BuiltCommand.path,
            ["live", "-i", "lo", "--window", "1s", "--watermark-delay", "0s", "udp", "port", "9"],
            columns: columns, rows: rows, environment: environment)
        let isShown = terminal.shows {
            sender.send(byteCount: 100)
            return $0.text.contains("127.0.0.1")
        }
        try #require(isShown, "\(String(decoding: terminal.written, as: UTF8.self))")
        return (terminal, sender)
    }

    @Test("shows hosts, sorts, pauses, changes units, and is quit")
    func keys() throws {
        let (terminal, sender) = try Self.start()
        #expect(terminal.isAlternate && terminal.hidesCursor)
        #expect(terminal.lines[0].hasPrefix("tidemark live  lo "))
        #expect(terminal.text.contains("bit/s"))
        terminal.type("b")
        #expect(terminal.shows { $0.text.contains("B/s") && !$0.text.contains("bit/s") })
        terminal.type("p")
        #expect(terminal.shows { $0.lines[0].contains("paused") })
        terminal.type(" ")
        #expect(terminal.shows { !$0.lines[0].contains("paused") })
        terminal.type("/10.9")
        #expect(
            terminal.shows {
                sender.send(byteCount: 100)
                return $0.text.contains("filter: 10.9") && !$0.text.contains("127.0.0.1")
            })
        terminal.type("\u{1B}")
        #expect(
            terminal.shows {
                sender.send(byteCount: 100)
                return $0.text.contains("127.0.0.1")
            })
        terminal.type("?")
        #expect(terminal.shows { $0.text.contains("this help") })
        terminal.type("x\t")
        #expect(terminal.shows { $0.text.contains("ENDED") || $0.text.contains("no flow has ended yet") })
        terminal.type("q")
        #expect(terminal.wait() == 0)
        #expect(terminal.isRestored)
        #expect(terminal.text.contains("packets captured"), "what tcpdump says comes on the page as it was")
    }

    @Test("follows the size of the terminal")
    func resize() throws {
        let (terminal, sender) = try Self.start()
        for (columns, rows) in [(40, 10), (12, 3), (1, 1), (150, 50), (100, 24)] {
            terminal.resize(columns: columns, rows: rows)
            let title = "tidemark live  lo".prefix(columns)
            let isDrawn = terminal.shows {
                sender.send(byteCount: 100)
                return $0.lines[0].hasPrefix(title) && (rows == 1 || $0.lines[rows - 1].hasPrefix("q quit"))
            }
            #expect(isDrawn, "\(columns)x\(rows):\n\(terminal.text)")
        }
        terminal.type("q")
        #expect(terminal.wait() == 0)
        #expect(terminal.isRestored)
    }

    @Test(
        "gives the terminal back whatever ends it",
        arguments: [SIGTERM, SIGINT, SIGQUIT, SIGSEGV, SIGABRT, SIGILL])
    func signals(signal: Int32) throws {
        let (terminal, _) = try Self.start()
        terminal.send(signal)
        let ended = terminal.wait()
        #expect(ended == ([SIGTERM, SIGINT].contains(signal) ? 0 : 128 + signal))
        #expect(terminal.isRestored)
    }

    @Test("^C ends it, as anywhere, and a second one at once")
    func interrupt() throws {
        let (terminal, _) = try Self.start()
        terminal.type("\u{3}\u{3}")
        let status = terminal.wait()
        #expect(status == 0 || status == 130)
        #expect(terminal.isRestored)
    }

    @Test("^Z gives the terminal back until the process goes on")
    func suspend() throws {
        let (terminal, sender) = try Self.start()
        terminal.type("\u{1A}")
        #expect(terminal.isStopped())
        #expect(terminal.shows { $0.isRestored })
        terminal.send(SIGCONT)
        #expect(terminal.shows { $0.isAlternate && $0.hidesCursor })
        #expect(
            terminal.shows {
                sender.send(byteCount: 100)
                return $0.lines[0].hasPrefix("tidemark live  lo ") && $0.text.contains("127.0.0.1")
            })
        terminal.type("q")
        #expect(terminal.wait() == 0)
        #expect(terminal.isRestored)
    }

    @Test("honours NO_COLOR")
    func colours() throws {
        let (coloured, _) = try Self.start()
        #expect(String(decoding: coloured.written, as: UTF8.self).contains("\u{1B}[36m"))
        let (plain, _) = try Self.start(environment: ["NO_COLOR": "1"])
        let text = String(decoding: plain.written, as: UTF8.self)
        #expect(!text.contains("\u{1B}[36m") && !text.contains("\u{1B}[1m"))
        for terminal in [coloured, plain] {
            terminal.type("q")
            #expect(terminal.wait() == 0)
        }
    }

    @Test(
        "is not shown where rows were asked for or the terminal is dumb",
        arguments: [["--format", "csv"], ["-o", "-"], []])
    func rows(options: [String]) throws {
        let sender = try DatagramSender()
        let terminal = try PseudoTerminal(
            BuiltCommand.path,
            ["live", "-i", "lo", "--window", "100ms", "--watermark-delay", "0s"] + options + ["udp", "port", "9"],
            columns: 100, rows: 24, environment: ["TERM": options.isEmpty ? "dumb" : "xterm"])
        let isShown = terminal.shows {
            sender.send(byteCount: 100)
            return $0.text.contains("127.0.0.1")
        }
        #expect(isShown)
        #expect(!String(decoding: terminal.written, as: UTF8.self).contains("\u{1B}[?1049h"))
        terminal.send(SIGTERM)
        #expect(terminal.wait() == 0)
        #expect(terminal.isRestored)
    }
}
