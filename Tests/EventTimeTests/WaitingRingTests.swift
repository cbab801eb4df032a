import TestSupport
import Testing

@testable import EventTime

@Suite("Who waits in a ring")
struct WaitingRingTests {
    @Test("is taken in the order of coming, whatever the ring held before")
    func order() {
        var random = SeededRandom(seed: 3)
        let ring = WaitingRing<String, 8>()
        var waiting: [String] = []
        for number in 0..<10_000 {
            let name = "the one that came as number \(number)"
            if random.oneIn(3) {
                #expect(ring.takeFirst() == (waiting.isEmpty ? nil : waiting.removeFirst()))
            } else {
                let longest = waiting.count == 8 ? waiting.removeFirst() : nil
                waiting.append(name)
                #expect(ring.exchange(name) == longest)
            }
            #expect(ring.isEmpty == waiting.isEmpty)
            #expect((ring.taken..<ring.came).map { ring[$0].pointee } == waiting)
        }
    }

    @Test("goes with the ring")
    func gone() {
        final class Token {}
        weak var taken: Token?
        weak var left: Token?
        do {
            let ring = WaitingRing<Token, 1>()
            let (first, second) = (Token(), Token())
            (taken, left) = (first, second)
            #expect(ring.exchange(first) == nil)
            #expect(ring.exchange(second) === first)
        }
        #expect(taken == nil && left == nil)
    }
}
