import EventTime
import EventTimeTesting
import Testing

/// A function that does with one state what a closure says.
private struct WithState<Declared: Sendable>: ProcessFunction {
    typealias Key = String
    typealias Output = String

    let declared: Declared
    let body: @Sendable (Int, Declared, inout ProcessContext<String, String>) -> Void

    init(
        _ declared: Declared,
        _ body: @escaping @Sendable (Int, Declared, inout ProcessContext<String, String>) -> Void
    ) {
        self.declared = declared
        self.body = body
    }

    func process(_ element: Int, in context: inout Context) { body(element, declared, &context) }
}

@Suite("A state that was saved")
struct StateDeclarationTests {
    private typealias Values = WithState<ValueState<Int>>
    private typealias Harness<Declared: Sendable> = OperatorHarness<ProcessOperator<WithState<Declared>>>

    /// What a function saves that keeps the newest element of each key.
    private static func saved(_ state: ValueState<Int>) -> Harness<ValueState<Int>>.Saved {
        var harness = OperatorHarness(ProcessOperator(WithState(state) { $2[$1] = $0 }))
        for (number, key) in ["a", "b", "c"].enumerated() { harness.push(number, key: key, at: 5) }
        return harness.snapshot()
    }

    /// Restores what ``saved(_:)`` gave into a function with other states, and answers the error.
    private static func failure<Declared: Sendable>(
        restoring saved: Harness<ValueState<Int>>.Saved, declaring declared: Declared
    ) -> StateError? {
        do throws(StateError) {
            _ = try Harness<Declared>(
                ProcessOperator(WithState(declared) { _, _, _ in }), restoring: .init(parts: saved.parts))
            return nil
        } catch {
            return error
        }
    }

    @Test("is found by its name, in the same version")
    func sameVersion() {
        #expect(
            Self.failure(restoring: Self.saved(ValueState("count")), declaring: ValueState<Int>("count")) == nil)
    }

    @Test("goes through a migration where it is of an older version")
    func migration() throws {
        let state = ValueState<String>(
            "count", version: 3, migrating: [.from(version: 1) { (old: Int) in "was \(old)" }])
        let function = WithState(state) { $2.emit($2[$1] ?? "-") }
        var harness = try OperatorHarness(
            ProcessOperator(function), restoring: .init(parts: Self.saved(ValueState("count")).parts))
        for key in ["a", "c", "d"] { harness.push(0, key: key, at: 6) }
        #expect(harness.takeValues() == ["was 0", "was 2", "-"])
    }

    @Test("that is not declared any more, or otherwise, gives an error that names it")
    func otherDeclarations() {
        let saved = Self.saved(ValueState("count", version: 2))
        let failures = [
            (Self.failure(restoring: saved, declaring: ValueState<Int>("counts", version: 2)), "not declared"),
            (Self.failure(restoring: saved, declaring: 0), "not declared"),
            (Self.failure(restoring: saved, declaring: ValueState<Int64>("count", version: 2)), "of type Int,"),
            (Self.failure(restoring: saved, declaring: ListState<Int>("count", version: 2)), "a list"),
            (Self.failure(restoring: saved, declaring: ValueState<Int>("count", version: 1)), "version 2"),
            (Self.failure(restoring: saved, declaring: ValueState<Int>("count", version: 3)), "no migration"),
            (
                Self.failure(
                    restoring: saved, declaring: ValueState<Int>("count", version: 2, timeToLive: .eventTime(1))),
                "clock"
            ),
        ]
        for (failure, word) in failures {
            guard case .incompatible("count", let reason) = failure else {
                Issue.record("\(String(describing: failure)) does not name the state")
                continue
            }
            #expect(reason.contains(word))
        }
    }

    @Test("may be left out, where that is said")
    func removed() throws {
        let saved = Self.saved(ValueState("count"))
        #expect(Self.failure(restoring: saved, declaring: RemovedState("count")) == nil)
        let function = WithState(RemovedState("count")) { _, _, _ in }
        let harness = try Harness(ProcessOperator(function), restoring: .init(parts: saved.parts))
        #expect(harness.keyCount() == 0)
    }

    @Test("may be joined by new ones, which begin empty")
    func added() throws {
        let states = (ValueState<Int>("count"), ValueState<Int>("before"))
        let function = WithState(states) { element, states, context in
            context.emit("\(context[states.0] ?? -1) \(context[states.1] ?? -1)")
        }
        var harness = try OperatorHarness(
            ProcessOperator(function), restoring: .init(parts: Self.saved(ValueState("count")).parts))
        harness.push(0, key: "b", at: 5)
        #expect(harness.takeValues() == ["1 -1"])
    }

    @Test("lives from its migration on, where it had no time to live before")
    func timeToLiveByMigration() throws {
        let state = ValueState<Int>(
            "count", version: 2, timeToLive: .eventTime(10), migrating: [.from(version: 1) { (old: Int) in old }])
        var harness = try OperatorHarness(
            ProcessOperator(WithState(state) { _, _, _ in }),
            restoring: .init(parts: Self.saved(ValueState("count")).parts))
        harness.advance(to: 100)
        #expect(harness.keyCount() == 3)
        harness.advance(to: 109)
        #expect(harness.keyCount() == 3)
        harness.advance(to: 110)
        #expect(harness.keyCount() == 0)
    }
}
