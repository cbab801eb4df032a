import TestSupport
import Testing

@testable import EventTime

@Suite("A sorter by prefixes")
struct PrefixSorterTests {
    /// Which bits of random prefixes stay.
    static let masks: [UInt64] = [.max, 0xFF, 0x8000_0000_0000_0000, 0x8000_0000_FF00_0001, 0x7FFF << 48, 0]
    /// Around the number up to which places are compared.
    static let counts = [0, 1, 2, 63, 64, 65, 66, 130, 5000]

    @Test("sorts as a stable sort does", arguments: masks, counts)
    func stable(mask: UInt64, count: Int) {
        var random = SeededRandom(seed: 63)
        var sorter = PrefixSorter()
        // Twice, since it keeps its memory.
        for count in [count, count / 2] {
            sorter.places = (0..<count).map { index in
                PrefixSorter.Place(prefix: random.next() & mask, identifier: UInt32(index))
            }
            let expected = sorter.places.sorted { ($0.prefix, $0.identifier) < ($1.prefix, $1.identifier) }
            sorter.sortByPrefix()
            #expect(sorter.places.map(\.prefix) == expected.map(\.prefix))
            #expect(sorter.places.map(\.identifier) == expected.map(\.identifier))
        }
    }

    @Test("sorts where one kind of prefix is rare", arguments: [1, 63, 64, 65, 4999])
    func rare(count: Int) {
        var sorter = PrefixSorter()
        sorter.places = (0..<5000).map { index in
            let scattered = UInt64(index) &* 2_654_435_761 & 0xFFFF_FFFF
            return PrefixSorter.Place(
                prefix: index % (5000 / count) == 0 ? 1 << 63 | scattered << 20 : scattered,
                identifier: UInt32(index))
        }
        let expected = sorter.places.sorted { $0.prefix < $1.prefix }
        sorter.sortByPrefix()
        #expect(sorter.places.map(\.identifier) == expected.map(\.identifier))
    }
}
