/// What a key asks for that is not the model's to do.
enum ScreenRequest {
    case none
    /// Draw everything anew: something else has written to the terminal.
    case redraw
    case quit
}

/// The keys: those of htop, iftop and bandwhich where they agree.
extension ScreenModel {
    static let help: [(keys: String, meaning: String)] = [
        ("q  F10", "quit"),
        ("p  space", "pause, and go on"),
        ("tab", "hosts, or flows that have ended"),
        ("s  >  F6", "sort by the next column"),
        ("S  <", "sort by the column before"),
        ("r  I", "sort the other way round"),
        ("/  \\  F4", "filter: only rows with a text in them"),
        ("esc", "no filter"),
        ("b  B", "bits, or bytes"),
        ("arrows  j k", "scroll; also page up and down, home, end"),
        ("ctrl-L", "draw everything anew"),
        ("h  ?  F1", "this help"),
    ]

    mutating func press(_ key: Key) -> ScreenRequest {
        forgetMessage()
        switch mode {
        case .typing:
            type(key)
            return key == .redraw ? .redraw : .none
        case .help:
            if key == .character("q") || key == .function(10) { return .quit }
            mode = .table
            return .none
        case .table: return command(key)
        }
    }

    private mutating func type(_ key: Key) {
        switch key {
        case .character(let character): filter.append(character)
        case .backspace: if !filter.isEmpty { filter.removeLast() }
        case .clearLine: filter = ""
        case .enter: mode = .table
        case .escape:
            filter = ""
            mode = .table
        default: break
        }
        scroll = 0
    }

    private mutating func command(_ key: Key) -> ScreenRequest {
        switch key {
        case .character("q"), .character("Q"), .function(10): return .quit
        case .redraw: return .redraw
        case .character("p"), .character("P"), .character(" "): togglePause()
        case .character("b"), .character("B"): showsBytes.toggle()
        case .character("h"), .character("?"), .function(1): mode = .help
        case .character("/"), .character("\\"), .function(4): mode = .typing
        case .escape: filter = ""
        case .tab: turn()
        case .character("s"), .character(">"), .function(6): sort(by: 1)
        case .character("S"), .character("<"): sort(by: -1)
        case .character("r"), .character("I"):
            order.isReversed.toggle()
            scroll = 0
        default: move(key)
        }
        return .none
    }

    private mutating func turn() {
        view = view == .hosts ? .flows : .hosts
        scroll = 0
    }

    private mutating func sort(by step: Int) {
        let count = view == .hosts ? HostsTable.columns.count : FlowsTable.columns.count
        order = Order(column: (order.column + step + count) % count)
        scroll = 0
    }

    private mutating func move(_ key: Key) {
        let page = max(1, layout.tableRows)
        let last = max(0, rowCount - layout.tableRows)
        switch key {
        case .up, .character("k"): scroll -= 1
        case .down, .character("j"): scroll += 1
        case .pageUp: scroll -= page
        case .pageDown: scroll += page
        case .home: scroll = 0
        case .end: scroll = last
        default: return
        }
        scroll = min(max(scroll, 0), last)
    }
}
