import CInjection
import Foundation
import Glibc
import Testing

/// A command on a terminal of its own, and what that terminal shows: as much of one (ECMA-48) as the screen uses.
final class PseudoTerminal {
    let identifier: pid_t
    private let master: Int32
    /// Keeps the terminal alive when the command has ended, so that its settings can be read.
    private let slave: Int32
    private let settings: termios
    private var status: Int32?
    /// Everything that was written to it.
    private(set) var written: [UInt8] = []
    private var cells: [[Character]] = []
    private var row = 0
    private var column = 0
    /// The page and the cursor as they were when the other page was turned to.
    private var mainPage: (cells: [[Character]], row: Int, column: Int) = ([], 0, 0)
    private(set) var isAlternate = false
    private(set) var hidesCursor = false
    private var pending: [UInt8] = []

    init(_ command: String, _ arguments: [String], columns: Int, rows: Int, environment: [String: String] = [:])
        throws
    {
        var (master, slave) = (Int32(-1), Int32(-1))
        var path = [CChar](repeating: 0, count: 256)
        try #require(openpty(&master, &slave, &path, nil, nil) == 0)
        (self.master, self.slave) = (master, slave)
        let name = String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        var settings = termios()
        try #require(tcgetattr(slave, &settings) == 0)
        self.settings = settings
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        _ = fcntl(master, F_SETFD, FD_CLOEXEC)
        _ = fcntl(slave, F_SETFD, FD_CLOEXEC)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The leader of a session gets the terminal that it opens first.
        posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        let newSession: Int32 = 0x80
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | newSession))
        let inherited = ["PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR"]
        var variables = ProcessInfo.processInfo.environment.filter { inherited.contains($0.key) }
        variables["TERM"] = "xterm-256color"
        variables.merge(environment) { $1 }
        var words = ([command] + arguments).map { strdup($0) } + [nil]
        var settingWords = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + settingWords { free(word) } }
        var started: pid_t = 0
        Self.setSize(master, columns, rows)
        let code = posix_spawn(&started, command, &actions, &attributes, &words, &settingWords)
        try #require(code == 0)
        identifier = started
        clear(columns: columns, rows: rows)
    }

    deinit {
        if status == nil {
            kill(identifier, SIGKILL)
            waitpid(identifier, nil, 0)
        }
        close(master)
        close(slave)
    }

    // MARK: The person

    func type(_ text: String) {
        let bytes = Array(text.utf8)
        _ = write(master, bytes, bytes.count)
    }

    func send(_ signal: Int32) { kill(identifier, signal) }

    /// A terminal does not keep what it showed.
    func resize(columns: Int, rows: Int) {
        read()
        clear(columns: columns, rows: rows)
        Self.setSize(master, columns, rows)
    }

    private static func setSize(_ descriptor: Int32, _ columns: Int, _ rows: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(descriptor, UInt(TIOCSWINSZ), &size)
    }

    /// Waits until the screen is as wished.
    func shows(_ condition: (PseudoTerminal) -> Bool) -> Bool {
        for _ in 0..<4000 {
            read()
            if condition(self) { return true }
            usleep(5000)
        }
        return false
    }

    /// Waits for the end: the exit status, or 128 and the signal that ended it; nil where it does not end.
    func wait() -> Int32? {
        var state: Int32 = 0
        let isOver = shows { _ in waitpid(identifier, &state, WNOHANG) == identifier }
        guard isOver else { return nil }
        read()
        let signal = state & 0x7F
        status = signal == 0 ? state >> 8 & 0xFF : 128 + signal
        return status
    }

    /// Waits until the process has been stopped.
    func isStopped() -> Bool {
        var state: Int32 = 0
        return shows { _ in
            waitpid(identifier, &state, WNOHANG | WUNTRACED) == identifier && state & 0xFF == 0x7F
        }
    }

    // MARK: What is to be seen

    /// The lines, without blanks at their ends.
    var lines: [String] { cells.map { line in String(line.reversed().drop { $0 == " " }.reversed()) } }
    var text: String { lines.joined(separator: "\n") }

    /// Whether the terminal is as the command found it: settings, page and cursor.
    var isRestored: Bool {
        var now = termios()
        guard tcgetattr(slave, &now) == 0 else { return false }
        let isSame =
            now.c_iflag == settings.c_iflag && now.c_oflag == settings.c_oflag && now.c_cflag == settings.c_cflag
            && now.c_lflag == settings.c_lflag
        return isSame && !isAlternate && !hidesCursor
    }

    private func clear(columns: Int, rows: Int) {
        cells = Array(repeating: Array(repeating: " ", count: columns), count: rows)
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 65536)
        while true {
            let count = Glibc.read(master, &buffer, buffer.count)
            guard count > 0 else { return }
            written += buffer[..<count]
            pending += buffer[..<count]
            interpret()
        }
    }

    /// Carries out what is complete of what was written.
    private func interpret() {
        var index = 0
        while index < pending.count {
            let byte = pending[index]
            if byte == 0x1B {
                guard
                    let end = pending[(index + 1)...].dropFirst().firstIndex(where: { (0x40...0x7E).contains($0) })
                else { break }
                control(String(decoding: pending[index + 2..<end], as: UTF8.self), pending[end])
                index = end + 1
            } else if byte < 0x20 {
                if byte == 0x0A { row = min(row + 1, cells.count - 1) }
                if byte == 0x0D { column = 0 }
                index += 1
            } else {
                let length = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4
                guard index + length <= pending.count else { break }
                put(Character(String(decoding: pending[index..<index + length], as: UTF8.self)))
                index += length
            }
        }
        pending.removeFirst(index)
    }

    private func restoreMainPage() {
        let (kept, keptRow, keptColumn) = mainPage
        for row in cells.indices {
            for column in cells[row].indices {
                let isKept = kept.indices.contains(row) && kept[row].indices.contains(column)
                cells[row][column] = isKept ? kept[row][column] : " "
            }
        }
        row = min(keptRow, cells.count - 1)
        column = min(keptColumn, (cells.first?.count ?? 1) - 1)
    }

    /// Writes a character; at the last column the cursor stays there.
    private func put(_ character: Character) {
        guard cells.indices.contains(row), cells[row].indices.contains(column) else { return }
        cells[row][column] = character
        column = min(column + 1, cells[row].count - 1)
    }

    private func control(_ parameters: String, _ final: UInt8) {
        switch (final, parameters) {
        case (UInt8(ascii: "h"), "?1049"):
            if !isAlternate { mainPage = (cells, row, column) }
            isAlternate = true
        case (UInt8(ascii: "l"), "?1049"):
            // The size may have changed since: then the page is cut, or blank where there was none.
            if isAlternate { restoreMainPage() }
            isAlternate = false
        case (UInt8(ascii: "h"), "?25"): hidesCursor = false
        case (UInt8(ascii: "l"), "?25"): hidesCursor = true
        case (UInt8(ascii: "J"), _): clear(columns: cells.first?.count ?? 0, rows: cells.count)
        case (UInt8(ascii: "K"), _):
            guard cells.indices.contains(row) else { return }
            for place in cells[row].indices.dropFirst(column) { cells[row][place] = " " }
        case (UInt8(ascii: "H"), _):
            let numbers = parameters.split(separator: ";").compactMap { Int($0) }
            (row, column) = ((numbers.first ?? 1) - 1, (numbers.dropFirst().first ?? 1) - 1)
        default: break
        }
    }
}
