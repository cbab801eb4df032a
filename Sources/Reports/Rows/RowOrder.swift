/// Which rows of a window are written, and in what order: `--sort` and `--top`.
struct RowOrder<Row: ReportRow> {
    /// What rows are ranked by, the largest first; nil keeps the order of their keys.
    let ranking: Ranking<Row>?
    let top: Int?

    /// `field` is one of ``ReportRow/rankingNames``; any other keeps the order of the keys.
    init(field: String?, top: Int?) {
        ranking = field.flatMap { Ranking($0) }
        self.top = top
    }

    var keepsEverything: Bool { ranking == nil && top == nil }

    /// Indices of the chosen rows among `count` rows in key order; ties keep that order.
    func choose(from count: Int, _ row: (Int) -> Row) -> [Int] {
        guard let ranking else { return Array(0..<min(count, top ?? count)) }
        var best = TopRows<Int>(limit: min(top ?? count, count))
        for index in 0..<count { best.add(index, rank: ranking.rank(of: row(index))) }
        return best.sorted()
    }
}

/// The best so many of any number of elements, by a rank and then by who came first.
package struct TopRows<Element> {
    struct Entry {
        let rank: UInt64
        let arrival: Int
        let element: Element

        func isBetter(than other: Entry) -> Bool {
            rank != other.rank ? rank > other.rank : arrival < other.arrival
        }
    }

    package let limit: Int
    /// All elements offered.
    package internal(set) var count = 0
    /// A heap whose first entry is the worst once it is full; before that in order of arrival.
    var entries: [Entry] = []

    package init(limit: Int) { self.limit = limit }

    package mutating func add(_ element: Element, rank: UInt64) {
        let entry = Entry(rank: rank, arrival: count, element: element)
        count += 1
        if entries.count < limit {
            entries.append(entry)
            if entries.count == limit { for index in (0..<limit / 2).reversed() { sink(index) } }
        } else if limit > 0, entry.isBetter(than: entries[0]) {
            entries[0] = entry
            sink(0)
        }
    }

    /// The best, the first of them first.
    package func sorted() -> [Element] { entries.sorted { $0.isBetter(than: $1) }.map(\.element) }

    private mutating func sink(_ start: Int) {
        var parent = start
        while true {
            var worst = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < entries.count {
                if entries[worst].isBetter(than: entries[child]) { worst = child }
            }
            if worst == parent { return }
            entries.swapAt(parent, worst)
            parent = worst
        }
    }
}
