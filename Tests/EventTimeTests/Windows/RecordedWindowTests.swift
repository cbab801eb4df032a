import EventTime
import Foundation
import Testing

@Suite("Windows of any kind against recorded cases")
struct RecordedWindowTests {
    @Test("our own cases hold", arguments: RecordedWindowCase.own)
    func ownCase(file: URL) throws {
        #expect(try check(file), "\(file) is about windows")
    }

    @Test("what Flink does with windows, these do")
    func keptCases() throws {
        let checked = try RecordedWindowCase.kept.count { try check($0) }
        #expect(checked == 50)
    }

    @Test(
        "and in the cases beside this clone",
        .enabled(if: !RecordedWindowCase.beside.isEmpty, "the recorded cases are not beside this clone"))
    func casesBeside() throws {
        let checked = try RecordedWindowCase.beside.count { try check($0) }
        #expect(checked >= 33)
    }

    private func check(_ file: URL) throws -> Bool {
        guard let found = try RecordedWindowCase.read(file), let window = found.spec.window else { return false }
        typealias Aligned = EventTimeWindows<String, RecordedElement>
        let size = window.sizeMs ?? 1
        switch window.type {
        case "tumbling", "sliding":
            let windows = SlidingWindows(size: size, slide: window.slideMs ?? size, offset: window.offsetMs ?? 0)
            if found.spec.trigger == nil {
                let sliced = SlicedWindowOperator<String, _, _>(
                    windows, aggregate: RecordedResult.aggregate,
                    allowedLateness: found.spec.allowedLatenessMs ?? 0)
                #expect(compare(found, found.run(sliced)))
            }
            return compare(found, Aligned(windows))
        case "session": return compare(found, SessionWindows(gap: window.gapMs ?? 1))
        case "session_dynamic": return compare(found, DynamicSessionWindows { $1.gap })
        case "global": return compare(found, GlobalWindows())
        case "count":
            if window.slide == nil {
                #expect(compare(found, GlobalWindows(), PurgingTrigger(CountTrigger(window.size ?? 1))))
            }
            let count = CountWindowOperator<String, _>(
                size: window.size ?? 1, slide: window.slide, aggregate: RecordedResult.aggregate)
            return compare(found, found.run(count))
        default: return false
        }
    }

    private func compare<Assigner: WindowAssigner>(_ found: RecordedWindowCase, _ assigner: Assigner) -> Bool
    where Assigner.Key == String, Assigner.Element == RecordedElement {
        guard let trigger = found.spec.trigger else { return compare(found, assigner, EventTimeTrigger()) }
        switch trigger.type {
        case "count":
            let inner = CountTrigger<RecordedElement>(trigger.n ?? 1)
            return trigger.purge == true
                ? compare(found, assigner, PurgingTrigger(inner)) : compare(found, assigner, inner)
        case "purging_event_time": return compare(found, assigner, PurgingTrigger(EventTimeTrigger()))
        case "continuous_event_time":
            return compare(found, assigner, ContinuousEventTimeTrigger(interval: trigger.intervalMs ?? 1))
        default: return false
        }
    }

    private func compare<Assigner: WindowAssigner, Trigger: WindowTrigger>(
        _ found: RecordedWindowCase, _ assigner: Assigner, _ trigger: Trigger
    ) -> Bool
    where Assigner.Key == String, Assigner.Element == RecordedElement, Trigger.Element == RecordedElement {
        compare(
            found,
            found.run(
                WindowOperator(
                    assigner, trigger: trigger, aggregate: RecordedResult.aggregate,
                    allowedLateness: found.spec.allowedLatenessMs ?? 0)))
    }

    private func compare(
        _ found: RecordedWindowCase, _ output: (firings: [RecordedWindowCase.Firing], late: [Int])
    ) -> Bool {
        let (firings, late) = output
        // Inside a step the order is not promised.
        #expect(found.comparable(firings) == found.comparable(found.expected.windows ?? []), "\(found.name)")
        #expect(late == found.expected.lateSeqs, "\(found.name)")
        return true
    }
}
