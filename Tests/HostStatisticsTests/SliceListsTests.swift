import TestSupport
import Testing

@testable import HostStatistics

@Suite("Lists by slice")
struct SliceListsTests {
    @Test("hold what was added to each slice, in its order, until it is taken", arguments: 0..<20 as Range<UInt64>)
    func model(seed: UInt64) {
        var random = SeededRandom(seed: seed)
        var lists = SliceLists<Int>()
        var model: [Int64: [Int]] = [:]
        var front: Int64 = random.pick(-50...50)
        for element in 0..<400 {
            switch random.pick(0...9) {
            case 0...6:
                // Mostly near the front, now and then far off, up to the ends of all numbers.
                let slice =
                    random.oneIn(20)
                    ? random.pick([.min, .max, front - 1000, front + 1_000_000]) : front + random.pick(0...5)
                lists.add(element, slice: slice)
                model[slice, default: []].append(element)
            case 7: front += random.pick(0...3)
            default:
                let slice = random.oneIn(4) ? front + random.pick(-3...8) : model.keys.min() ?? front
                #expect(lists.take(slice) == model.removeValue(forKey: slice) ?? [])
            }
            #expect(lists.lists.map(\.slice) == model.keys.sorted())
            #expect(lists.slices(before: front) == model.keys.filter { $0 < front }.sorted())
        }
        for slice in model.keys.sorted() { #expect(lists.take(slice) == model[slice]) }
        #expect(lists.lists.isEmpty)
    }
}
