import EventTime
import EventTimeTesting
import Testing

private struct Order: Sendable, Equatable {
    var item: String
    var amount: Int
}

/// Joins an order with its payment; tells of orders that were not paid in time, and aside of payments without order.
private struct AwaitPayment: ConnectedProcessFunction {
    enum Outcome: Equatable {
        case paid(Order)
        case overdue(Order)
    }
    typealias Key = Int
    typealias Output = WithSide<Outcome, String>

    let amounts = ValueState<Int>("amounts")
    let items = ValueState<String>("items")

    func process(left order: Order, in context: inout Context) {
        context[amounts] = order.amount
        context[items] = order.item
        context.setTimer(at: context.time + 30)
    }

    func process(right payment: Int, in context: inout Context) {
        guard let order = order(in: context), payment >= order.amount else {
            return context.emit(aside: "\(payment) for \(context.key)")
        }
        context.emit(.paid(order))
        forget(in: &context)
    }

    func timer(_ timer: FiredTimer, in context: inout Context) {
        if let order = order(in: context) { context.emit(.overdue(order)) }
        forget(in: &context)
    }

    private func order(in context: borrowing Context) -> Order? {
        guard let amount = context[amounts], let item = context[items] else { return nil }
        return Order(item: item, amount: amount)
    }

    private func forget(in context: inout Context) {
        context.clear(amounts)
        context.clear(items)
    }
}

/// Counts elements and says so when the clock has gone on by 10.
private struct CountByClock: ProcessFunction {
    typealias Key = String
    typealias Output = Int
    let count = ReducingState<Int>("count") { $0 + $1 }

    func process(_ element: Int, in context: inout Context) {
        if context[count] == nil { context.setProcessingTimer(at: context.processingTime + 10) }
        context.add(element, to: count)
    }

    func timer(_ timer: FiredTimer, in context: inout Context) {
        if let count = context[count] { context.emit(count) }
        context.clear(count)
    }
}

@Suite("An operator in the harness")
struct OperatorHarnessTests {
    @Test("joins two streams, with state of both and a side output", arguments: [1, 2, 8])
    func connected(parallelism: Int) throws {
        var harness = OperatorHarness(parallelism: parallelism) {
            ProcessOperator(ConnectedProcess(AwaitPayment()))
        }
        harness.push(.left(Order(item: "tea", amount: 3)), key: 1, at: 0)
        harness.push(.left(Order(item: "ink", amount: 8)), key: 2, at: 5)
        harness.push(.right(8), key: 2, at: 6)
        harness.push(.right(4), key: 7, at: 6)
        var sides: (main: [AwaitPayment.Outcome], side: [String]) = harness.takeSides()
        #expect(sides.main == [.paid(Order(item: "ink", amount: 8))])
        #expect(sides.side == ["4 for 7"])
        let saved = harness.snapshot()
        harness = try OperatorHarness(parallelism: 3, restoring: saved) {
            ProcessOperator(ConnectedProcess(AwaitPayment()))
        }
        harness.advance(to: 29)
        #expect(harness.takeOutput().isEmpty)
        harness.advance(to: 30)
        sides = harness.takeSides()
        #expect(sides.main == [.overdue(Order(item: "tea", amount: 3))])
        #expect(harness.timerCount() == 1)
        harness.finish()
        #expect(harness.takeOutput().isEmpty)
        #expect(harness.keyCount() == 0)
    }

    @Test("sees the clock go only when it is turned")
    func processingTime() {
        var harness = OperatorHarness(ProcessOperator(CountByClock()))
        harness.setProcessingTime(to: 100)
        harness.push(2, key: "a", at: 0)
        harness.push(3, key: "a", at: 1)
        harness.advance(to: 1_000)
        #expect(harness.takeValues() == [])
        harness.setProcessingTime(to: 109)
        #expect(harness.takeValues() == [])
        harness.setProcessingTime(to: 110)
        let output = harness.takeOutput()
        #expect(output.map(\.value) == [Keyed("a", 5)])
        // The earliest time that is not late.
        #expect(output.map(\.time) == [1_001])
        #expect(harness.keyCount() == 0)
    }

    @Test("takes back what it saved, where it is driven as one")
    func alone() throws {
        var harness = OperatorHarness(ProcessOperator(CountByClock()))
        harness.push(2, key: "a", at: 0)
        var restored = try OperatorHarness(ProcessOperator(CountByClock()), restoring: harness.snapshot())
        #expect(restored.snapshot() == harness.snapshot())
        restored.setProcessingTime(to: 10)
        #expect(restored.takeValues() == [2])
        #expect(throws: StateError.self) {
            _ = try OperatorHarness(ProcessOperator(CountByClock()), restoring: .init(parts: [[1, 2]]))
        }
    }
}
