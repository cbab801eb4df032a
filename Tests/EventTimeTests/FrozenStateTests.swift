import EventTime
import TestSupport
import Testing

private struct Number: WindowKey, StateRecord {
    var value: UInt64

    init(_ value: UInt64) { self.value = value }
    init(from state: inout StateDecoder) throws(StateError) { value = try state.decode() }
    func encode(into state: inout StateEncoder) { state.encode(value) }

    /// Few hashes, so that keys are told apart by more than those.
    var tableHash: UInt32 { UInt32(value % 97) }
    var sortPrefix: UInt64 { value }
    static func < (a: Self, b: Self) -> Bool { a.value < b.value }
}

private struct Sum: SliceAccumulator, StateRecord {
    var sum: Int64 = 0

    init() {}
    init(from state: inout StateDecoder) throws(StateError) { sum = try state.decode() }
    func encode(into state: inout StateEncoder) { state.encode(sum) }
    mutating func enter(_ slice: Self) { sum += slice.sum }
    mutating func leave(_ slice: Self) { sum -= slice.sum }
    var isEmpty: Bool { sum == 0 }
    var isZero: Bool { sum == 0 }
}

@Suite("Frozen state")
struct FrozenStateTests {
    private typealias Table = KeyedTable<Number, UInt64>

    @Test("is a table as it was, whatever becomes of it before it is copied", arguments: [1, 2, 3, 4] as [UInt64])
    func table(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var table = Table()
        var live: [UInt64: Int] = [:]

        func change(_ table: inout Table) {
            let key = UInt64.random(in: 0..<2000, using: &random)
            let hash = Number(key).tableHash
            switch (live[key], Int.random(in: 0..<10, using: &random)) {
            case (nil, _): live[key] = table.insert(Number(key), hash: hash, value: key * 3)
            case (let identifier?, 0..<3):
                table.remove(identifier, hash: hash)
                live[key] = nil
            case (let identifier?, _): table[identifier].pointee.value &+= 1
            }
        }

        let image = FrozenTable<Number, UInt64>()
        for _ in 0..<6 {
            for _ in 0..<3000 { change(&table) }
            let expected = live.mapValues { ($0, table[$0].pointee.value) }
            table.freeze(into: image)
            for _ in 0..<Int.random(in: 0..<4000, using: &random) {
                change(&table)
                var budget = 1
                if random.oneIn(60) { _ = table.continueFreezing(budget: &budget) }
            }
            if random.oneIn(3) {
                table.removeAll()
                live = [:]
            }
            var budget = Int.max
            let isCopied = table.continueFreezing(budget: &budget)
            #expect(isCopied)
            let restored: Table = try restoredTable([image.bytes])
            #expect(restored.count == expected.count)
            for (key, (identifier, value)) in expected {
                #expect(restored.find(Number(key), hash: Number(key).tableHash) == identifier)
                #expect(restored[identifier].pointee.value == value, "seed \(seed)")
            }
        }
    }

    @Test("is of the table that was frozen last, whichever was before", arguments: [1, 2, 3] as [UInt64])
    func otherTable(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let tables = [UnsafeMutablePointer<Table>.allocate(capacity: 1), .allocate(capacity: 1)]
        defer {
            for table in tables {
                table.deinitialize(count: 1)
                table.deallocate()
            }
        }
        for table in tables { table.initialize(to: Table()) }
        let images = [FrozenTable<Number, UInt64>(), FrozenTable<Number, UInt64>()]
        for _ in 0..<60 {
            let table = random.pick(tables)
            for _ in 0..<Int.random(in: 0..<100, using: &random) {
                let key = Number(UInt64.random(in: 0..<500, using: &random))
                let identifier = table.pointee.find(key, hash: key.tableHash)
                if identifier < 0 {
                    _ = table.pointee.insert(key, hash: key.tableHash, value: key.value)
                } else if random.oneIn(4) {
                    table.pointee.removeDensely(identifier, hash: key.tableHash)
                } else {
                    table.pointee[identifier].pointee.value &+= 1
                }
            }
            let image = random.pick(images)
            table.pointee.freeze(into: image)
            var budget = Int.max
            _ = table.pointee.continueFreezing(budget: &budget)
            if random.oneIn(2) { image.prepare() }
            let restored: Table = try restoredTable([image.bytes])
            #expect(restored.count == table.pointee.count)
            for identifier in 0..<restored.count {
                #expect(restored[identifier].pointee.key == table.pointee[identifier].pointee.key)
                #expect(restored[identifier].pointee.value == table.pointee[identifier].pointee.value)
            }
        }
    }

    @Test("copies nothing of a table of which nothing was handed out")
    func untouched() throws {
        var table = Table()
        for key in 0..<10_000 as Range<UInt64> {
            _ = table.insert(Number(key), hash: Number(key).tableHash, value: key)
        }
        let image = FrozenTable<Number, UInt64>()
        func freeze(budget: Int) -> Bool {
            table.freeze(into: image)
            var budget = budget
            return table.continueFreezing(budget: &budget)
        }
        #expect(!freeze(budget: 20_000), "160,000 bytes are more")
        var rest = Int.max
        _ = table.continueFreezing(budget: &rest)
        table[77].pointee.value = 1
        #expect(freeze(budget: 20_000), "eight entries are less")
        let restored: Table = try restoredTable([image.bytes])
        #expect((0..<10_000).allSatisfy { restored[$0].pointee.value == ($0 == 77 ? 1 : UInt64($0)) })
    }

    @Test("of a table that is gone before it was copied is whole")
    func abandoned() throws {
        let image = FrozenTable<Number, UInt64>()
        do {
            var table = Table()
            for key in 0..<500 as Range<UInt64> {
                _ = table.insert(Number(key), hash: Number(key).tableHash, value: key)
            }
            table.freeze(into: image)
            table.removeDensely(3, hash: Number(3).tableHash)
        }
        let restored: Table = try restoredTable([image.bytes])
        #expect((0..<500).allSatisfy { restored[$0].pointee.value == UInt64($0) })
    }

    @Test("with wrong bytes is an error, never the end", arguments: [1, 2, 3] as [UInt64])
    func hostileTable(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var table = Table()
        for key in 0..<300 as Range<UInt64> {
            _ = table.insert(Number(key), hash: Number(key).tableHash, value: key)
        }
        for key in 0..<40 as Range<UInt64> {
            table.remove(table.find(Number(key), hash: Number(key).tableHash), hash: Number(key).tableHash)
        }
        let image = FrozenTable<Number, UInt64>()
        table.freeze(into: image)
        var budget = Int.max
        _ = table.continueFreezing(budget: &budget)
        // A whole table, and one of which some entries changed.
        let whole = image.bytes
        for key in 50..<60 as Range<UInt64> {
            table[table.find(Number(key), hash: Number(key).tableHash)].pointee.value = 1
        }
        table.freeze(into: image, asChanges: true)
        _ = table.continueFreezing(budget: &budget)
        let changes = image.bytes
        #expect(image.needsEarlier)
        for (before, bytes) in [([], whole), ([whole], changes)] as [([[UInt8]], [UInt8])] {
            for length in 0..<bytes.count {
                #expect(throws: StateError.self) {
                    _ = try restoredTable(before + [Array(bytes[..<length])]) as Table
                }
            }
            for _ in 0..<2000 {
                var changed = bytes
                changed[Int.random(in: 0..<200, using: &random)] = UInt8.random(in: 0...255, using: &random)
                do {
                    let table: Table = try restoredTable(before + [changed], maximumCount: 1000)
                    #expect(table.count <= 1000)
                } catch {}
            }
        }
        #expect(throws: StateError.self, "changes alone are no table") { _ = try restoredTable([changes]) as Table }
    }

    @Test(
        "of what changed is the table, after those before it", arguments: 1...12 as ClosedRange<UInt64>,
        [50, 3000] as [UInt64])
    func changes(seed: UInt64, keys: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var table = Table()
        let image = FrozenTable<Number, UInt64>()
        var images: [[UInt8]] = []
        var (partial, wholeByteCount) = (0, 0)
        for round in 0..<12 {
            // Few changes in most rounds, so that not all is written again; sometimes none at all, sometimes many.
            let changes = round == 0 ? 4000 : random.pick([0, 3, 20, 200, 4000] as [Int])
            for _ in 0..<changes {
                let key = Number(UInt64.random(in: 0..<keys, using: &random))
                let identifier = table.find(key, hash: key.tableHash)
                if identifier < 0 {
                    // Values that come back: a removed entry may be the same again.
                    _ = table.insert(key, hash: key.tableHash, value: key.value)
                } else if random.oneIn(3) {
                    table.remove(identifier, hash: key.tableHash)
                } else {
                    table[identifier].pointee.value = UInt64.random(in: 0..<3, using: &random)
                }
            }
            table.freeze(into: image, asChanges: round > 0)
            var budget = Int.max
            _ = table.continueFreezing(budget: &budget)
            if !image.needsEarlier { images = [] }
            images.append(image.bytes)
            if image.needsEarlier { partial += 1 } else { wholeByteCount = images[0].count }
            if image.needsEarlier { #expect(images[images.count - 1].count < wholeByteCount + 4 * 4000) }

            let restored: Table = try restoredTable(images)
            #expect(restored.count == table.count)
            for (identifier, isLive) in restored.liveIdentifiers().enumerated() where !isLive {
                let gone = restored[identifier].pointee
                #expect(gone.key.value == 0 && gone.value == 0, "nothing is left of what was removed")
            }
            for key in 0..<keys {
                let identifier = table.find(Number(key), hash: Number(key).tableHash)
                #expect(restored.find(Number(key), hash: Number(key).tableHash) == identifier)
                guard identifier >= 0 else { continue }
                #expect(restored[identifier].pointee.value == table[identifier].pointee.value)
            }
        }
        #expect(partial > 0 || keys < 100)
    }

    @Test("of a table without a change holds no entry, and that of a table that shrank and grew holds what is new")
    func sameAgain() throws {
        var table = Table()
        for key in 0..<1000 as Range<UInt64> {
            _ = table.insert(Number(key), hash: Number(key).tableHash, value: key)
        }
        let image = FrozenTable<Number, UInt64>()
        var images: [[UInt8]] = []
        func freeze() {
            table.freeze(into: image, asChanges: !images.isEmpty)
            var budget = Int.max
            _ = table.continueFreezing(budget: &budget)
            images.append(image.bytes)
        }
        freeze()
        freeze()
        // Identifiers, bits, counts.
        #expect(images[1].count == 8 + 12 + 128 + 12)
        for identifier in (990..<1000).reversed() {
            table.removeDensely(identifier, hash: table[identifier].pointee.key.tableHash)
        }
        freeze()
        for key in 2000..<2020 as Range<UInt64> {
            _ = table.insert(Number(key), hash: Number(key).tableHash, value: key)
        }
        freeze()
        let restored: Table = try restoredTable(images)
        for identifier in 0..<1010 {
            #expect(restored[identifier].pointee.key == table[identifier].pointee.key)
        }
        #expect(restored.count == 1010)
    }

    /// An element with a number, at least as late as what a sorter has released.
    private func element(_ number: UInt64, at time: Nanoseconds, in sorter: borrowing EventTimeSorter<Stamped>)
        -> Stamped
    {
        Stamped(time: max(time, sorter.releasedBefore), number: number)
    }

    @Test("of a sorter gives the same order", arguments: [1, 2, 3] as [UInt64])
    func sorter(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var sorter = EventTimeSorter<Stamped>(capacity: 5000)
        for number in 0..<3000 as Range<UInt64> {
            sorter.push(
                element(number, at: Int64(number) / 4 - Int64.random(in: 0..<90, using: &random), in: sorter))
            if random.oneIn(3) { _ = sorter.pop() }
        }
        let image = FrozenSorter<Stamped>()
        sorter.freeze(into: image)
        var whole = Int.max
        let isCopied = sorter.continueFreezing(budget: &whole)
        #expect(isCopied)
        let bytes = StateEncoder.bytes { image.encode(into: &$0) }
        var state = StateDecoder(bytes)
        var restored = try EventTimeSorter<Stamped>(capacity: 5000, from: &state)
        for number in 3000..<4000 as Range<UInt64> {
            let time = Int64(number) / 4 - Int64.random(in: 0..<90, using: &random)
            sorter.push(element(number, at: time, in: sorter))
            restored.push(element(number, at: time, in: restored))
            let (mine, theirs) = (sorter.pop(), restored.pop())
            #expect(mine == theirs)
        }
        while sorter.count > 0 {
            let (mine, theirs) = (sorter.pop(), restored.pop())
            #expect(mine == theirs)
        }
        #expect(restored.count == 0)
    }

    @Test("of a sorter is that of one instant, though elements come and go while it is copied", arguments: 1...20)
    func sorterUnderWay(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        var sorter = EventTimeSorter<Stamped>(capacity: 5000)
        // A ring that is nearly full, and begins somewhere in its midst.
        for number in 0..<1600 as Range<UInt64> {
            sorter.push(
                element(number, at: Int64(number) / 4 - Int64.random(in: 0..<5, using: &random), in: sorter))
            if number >= 1000 - UInt64(seed) { _ = sorter.pop() }
        }
        let image = FrozenSorter<Stamped>()
        sorter.freeze(into: image)
        var whole = Int.max
        let isCopied = sorter.continueFreezing(budget: &whole)
        #expect(isCopied)
        let expected = StateEncoder.bytes { image.encode(into: &$0) }

        sorter.freeze(into: image)
        for number in 1600..<4000 as Range<UInt64> {
            sorter.push(element(number, at: Int64(number) / 4, in: sorter))
            if seed % 2 == 0, random.oneIn(2) { _ = sorter.pop() }
            if random.oneIn(40) {
                var budget = 64
                _ = sorter.continueFreezing(budget: &budget)
            }
        }
        var rest = Int.max
        let isDone = sorter.continueFreezing(budget: &rest)
        #expect(isDone)
        #expect(StateEncoder.bytes { image.encode(into: &$0) } == expected)
    }

    private func due(of wheel: inout TimerWheel, before time: Nanoseconds) -> [Int] {
        var due: [UInt32] = []
        wheel.takeDue(before: time, into: &due)
        return due.map { Int($0) }
    }

    @Test("of timers fires the same ones in the same order", arguments: [1, 2, 3] as [UInt64])
    func timers(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        var wheel = TimerWheel(resolution: 10)
        for identifier in 0..<800 {
            wheel.set(identifier, at: Int64.random(in: 0..<6000, using: &random))
        }
        for identifier in 0..<800 where identifier % 5 == 0 { wheel.cancel(identifier) }
        for timer in due(of: &wheel, before: 700) { wheel.set(timer, at: timer % 2 == 0 ? 5000 : 800) }
        var frozen = FrozenTimers()
        wheel.freeze(into: &frozen, below: 800)
        var state = StateDecoder(StateEncoder.bytes { frozen.encode(into: &$0) })
        let isSet = (0..<800).map { $0 % 5 != 0 }
        var restored = try TimerWheel(resolution: 10, identifiers: isSet, from: &state)
        try state.finish()
        for time in stride(from: 900, to: 4000, by: 333) {
            let (mine, theirs) = (due(of: &wheel, before: Int64(time)), due(of: &restored, before: Int64(time)))
            for timer in mine where timer % 3 == 0 {
                wheel.set(timer, at: Int64(time) + 100)
                restored.set(timer, at: Int64(time) + 100)
            }
            #expect(mine == theirs)
        }
        while let next = wheel.popEarliest({ _ in nil }) {
            let other = restored.popEarliest { _ in nil }
            #expect(other == next)
        }
        #expect(restored.count == 0)
        var other = StateDecoder(StateEncoder.bytes { frozen.encode(into: &$0) })
        #expect(throws: StateError.self) {
            _ = try TimerWheel(resolution: 10, identifiers: Array(repeating: true, count: 800), from: &other)
        }
    }

    @Test("of windows fires the same rows", arguments: [1, 2, 3] as [UInt64], [0, 7] as [Int64])
    func windows(seed: UInt64, lateness: Int64) throws {
        for changes in [false, true] { try windows(seed: seed, lateness: lateness, changes: changes) }
    }

    /// `changes`: a second image holds what has changed since the first.
    private func windows(seed: UInt64, lateness: Int64, changes: Bool) throws {
        var random = SeededRandom(seed: seed)
        let sliding = SlidingWindows(size: 6, slide: 2)
        var windows = SlicedWindows<Number, Sum>(sliding, allowedLateness: lateness)

        func add(_ time: Int64, to windows: inout SlicedWindows<Number, Sum>, _ key: UInt64) {
            windows.update(slice: sliding.slice(containing: time), key: Number(key)) { $0.sum += 1 }
        }
        func fire(_ windows: inout SlicedWindows<Number, Sum>, through time: Int64) -> [[UInt64: Int64]] {
            var fired: [[UInt64: Int64]] = []
            while let window = windows.nextFiring(through: time) {
                fired.append(
                    Dictionary(uniqueKeysWithValues: windows.takeRows().map { ($0.key.value, $0.value.sum) }))
                windows.pass(to: windows.window(after: window))
            }
            windows.pass(to: windows.firstWindow(openAt: time))
            windows.close(watermark: time - 1)
            return fired
        }

        for time in 0..<40 as Range<Int64> {
            for _ in 0..<20 { add(time, to: &windows, UInt64.random(in: 0..<90, using: &random)) }
            if time % 5 == 4 { _ = fire(&windows, through: time - 3) }
        }
        let image = FrozenWindows<Number, Sum>()
        windows.freeze(into: image)
        // What comes before the copies are made is not in them.
        add(40, to: &windows, 1)
        _ = fire(&windows, through: 38)
        var budget = Int.max
        let isCopied = windows.continueFreezing(budget: &budget)
        #expect(isCopied)
        let bytes = StateEncoder.bytes { image.encode(into: &$0) }
        let read = RestoredWindows<Number, Sum>()
        func take(_ bytes: [UInt8]) throws {
            var state = StateDecoder(bytes)
            try read.read(from: &state)
            try state.finish()
        }
        try take(bytes)
        if changes {
            // What comes before the second image is in it.
            windows.freeze(into: image, asChanges: true)
            budget = .max
            _ = windows.continueFreezing(budget: &budget)
            try take(StateEncoder.bytes { image.encode(into: &$0) })
        }
        var restored = try SlicedWindows<Number, Sum>(
            sliding, allowedLateness: lateness, read, StateDecoder([]))
        if !changes {
            add(40, to: &restored, 1)
            _ = fire(&restored, through: 38)
        }
        let (mine, theirs) = (fire(&windows, through: 1000), fire(&restored, through: 1000))
        #expect(mine == theirs)
        #expect(mine.count > 1)
    }
}

/// A number at a time.
private struct Stamped: TimeStamped, StateRecord, Equatable {
    var time: Nanoseconds
    var number: UInt64

    init(time: Nanoseconds, number: UInt64) { (self.time, self.number) = (time, number) }

    func encode(into state: inout StateEncoder) {
        state.encode(time)
        state.encode(number)
    }

    init(from state: inout StateDecoder) throws(StateError) {
        (time, number) = (try state.decode(), try state.decode())
    }
}
