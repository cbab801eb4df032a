import EventTime
import TestSupport
import Testing

@Suite("The classic examples")
struct ExampleTests {
    @Test("keyed count")
    func wordCount() throws {
        #expect(
            try countWords(in: ["To be or", "not to be"])
                == ["to: 1", "be: 1", "or: 1", "not: 1", "to: 2", "be: 2"])
    }

    @Test("windowed average", arguments: [1, 2, 8])
    func windowedAverage(workers: Int) throws {
        let readings = [(1, "attic", 10.0), (12, "cellar", 4.0), (8, "attic", 20.0), (65, "attic", 50.0)].map {
            Reading(sensor: $0.1, time: $0.0 * .second, degrees: $0.2)
        }
        #expect(
            try averages(of: readings, workers: workers).prefix(8) == [
                "10 s: attic 15.0", "20 s: attic 15.0", "20 s: cellar 4.0", "30 s: attic 15.0", "30 s: cellar 4.0",
                "40 s: attic 15.0", "40 s: cellar 4.0", "50 s: attic 15.0",
            ])
        #expect(try averages(of: readings, workers: workers).last == "120 s: attic 50.0")
    }

    @Test("sessionised clicks", arguments: [1, 2, 8])
    func sessions(workers: Int) throws {
        let minute = 60 * Nanoseconds.second
        let clicks = [
            (0, "ada", "home"), (5, "bob", "home"), (20, "ada", "shoes"), (51, "ada", "cart"),
            (200, "bob", "home"), (2, "ada", "late"),
        ]
        .map { Click(user: $0.1, time: $0.0 * minute, page: $0.2) }
        var late: [String] = []
        let visits = try visits(in: clicks, workers: workers) { late.append($0.page) }
        #expect(
            visits == [
                Visit(user: "bob", start: 5 * minute, end: 5 * minute, pages: ["home"]),
                Visit(user: "ada", start: 0, end: 20 * minute, pages: ["home", "shoes"]),
                Visit(user: "ada", start: 51 * minute, end: 51 * minute, pages: ["cart"]),
                Visit(user: "bob", start: 200 * minute, end: 200 * minute, pages: ["home"]),
            ])
        #expect(late == ["late"])
    }

    @Test("joins", arguments: [1, 2, 8])
    func joins(workers: Int) throws {
        let minute = 60 * Nanoseconds.second
        let orders = [(1, 0, "shoes"), (2, 10, "socks"), (3, 20, "hat")].map {
            Order(number: $0.0, time: $0.1 * minute, item: $0.2)
        }
        let payments = [(2, 9, 300), (1, 15, 9900), (3, 36, 2500), (1, 70, 1)].map {
            Payment(order: $0.0, time: $0.1 * minute, cents: $0.2)
        }
        #expect(try paidOrders(orders, payments, workers: workers) == ["socks for 300", "shoes for 9900"])
        #expect(
            try hourlyBooks(orders, payments, workers: workers) == [
                "0 1: [\"shoes\"] [9900]", "0 2: [\"socks\"] [300]", "0 3: [\"hat\"] [2500]", "3600 1: [] [1]",
            ])
    }

    @Test("a stateful alert with timers", arguments: [1, 2, 8])
    func fraud(workers: Int) throws {
        let withdrawals = [
            (7, 0, 50), (8, 1, 60_000), (7, 30, 70_000), (7, 40, 80_000), (9, 50, 10), (9, 120, 90_000),
        ]
        .map { Withdrawal(account: $0.0, time: $0.1 * .second, cents: $0.2) }
        #expect(try alerts(for: withdrawals, workers: workers) == ["account 7: 70000 cents at 30 s"])
    }
}

@Suite("An interval join")
struct IntervalJoinTests {
    struct Mark: Sendable, StateValue {
        var key: Int
        var time: Nanoseconds
        var name: Int
        init(key: Int, time: Nanoseconds, name: Int) { (self.key, self.time, self.name) = (key, time, name) }
        func encode(into state: inout StateEncoder) { [key, Int(time), name].encode(into: &state) }
        init(from state: inout StateDecoder) throws(StateError) {
            let numbers = try [Int](from: &state)
            guard numbers.count == 3 else { throw state.invalid("no mark") }
            (key, time, name) = (numbers[0], Nanoseconds(numbers[1]), numbers[2])
        }
    }

    @Test("finds each pair that is near, once")
    func naive() throws {
        for seed in 0..<200 as Range<UInt64> {
            var random = SeededRandom(seed: seed)
            let earliest: Nanoseconds = random.pick(-9...5)
            let latest: Nanoseconds = earliest + random.pick(0...9)
            func marks() -> [Mark] {
                var time: Nanoseconds = 0
                return (0..<random.pick(0...80)).map { number in
                    time += random.pick(0...2)
                    return Mark(key: random.pick(0...3), time: time - random.pick(0...4), name: number)
                }
            }
            let (lefts, rights) = (marks(), marks())
            let pairs = try lefts.stream(at: \.time, watermarks: .boundedOutOfOrderness(4)).keyed(by: \.key)
                .join(
                    rights.stream(at: \.time, watermarks: .boundedOutOfOrderness(4)).keyed(by: \.key),
                    from: earliest, through: latest
                ) { [$0.name, $1.name, Int(max($0.time, $1.time))] }
                .collect(.init(workers: random.pick(1...3), turnSize: random.pick(1...20)))
            #expect(pairs.allSatisfy { $0.value[2] == Int($0.time) })
            let expected = lefts.flatMap { left in
                rights.filter { $0.key == left.key && earliest...latest ~= $0.time - left.time }.map {
                    [left.name, $0.name, Int(max(left.time, $0.time))]
                }
            }
            let found = pairs.map(\.value).sorted { $0.lexicographicallyPrecedes($1) }
            #expect(found == expected.sorted { $0.lexicographicallyPrecedes($1) }, "seed \(seed)")
        }
    }
}
