import TestSupport
import Testing

@testable import EventTime

@Suite("Packed rows")
struct PackedRowsTests {
    private struct Small: Equatable {
        var byte: UInt8
    }

    private struct Odd: Equatable {
        var key: UInt32
        var number: Int64
        var short: Int16
    }

    private struct Narrow: Equatable {
        var a: UInt32
        var b: UInt32
        var c: UInt32
    }

    private struct Wide: Equatable {
        var key: Int32
        var numbers: InlineNumbers
        var least: Int32?
        var other: InlineNumbers
        var last: UInt8
    }

    private struct InlineNumbers: Equatable {
        var a: Int
        var b: Int
        var c: UInt64
        var d: Double
        var e: Int
    }

    private func compare<Row: Equatable>(_ row: (inout SeededRandom) -> Row) {
        var random = SeededRandom(seed: 7)
        let memory = SliceMemory()
        var packer = RowPacker<Row>()
        for count in [0, 1, 2, 17, 1000, 3, 20_000] {
            var rows = (0..<count).map { _ in row(&random) }
            packer.begin(count)
            rows.withUnsafeMutableBufferPointer { rows in
                guard let first = rows.baseAddress else { return }
                for row in 0..<count { packer.append(first + row) }
            }
            let packed = packer.finish(count, in: memory)
            let unpacked = UnsafeMutablePointer<Row>.allocate(capacity: count)
            packed.unpack(into: unpacked)
            #expect(packed.count == count)
            #expect(Array(UnsafeBufferPointer(start: unpacked, count: count)) == rows)
            unpacked.deallocate()
        }
    }

    /// Of any number of bytes.
    private func number(_ random: inout SeededRandom) -> Int {
        let number = random.pick(Int.min...Int.max) >> random.pick(0...63)
        return random.oneIn(2) ? number : ~number
    }

    private func numbers(_ random: inout SeededRandom) -> InlineNumbers {
        InlineNumbers(
            a: number(&random), b: number(&random), c: UInt64(bitPattern: Int64(number(&random))),
            d: Double(number(&random)), e: random.pick([0, -1, .min, .max]))
    }

    @Test func areWhatTheyWere() {
        compare { Small(byte: $0.pick(0...255)) }
        compare { Odd(key: $0.pick(0...UInt32.max), number: Int64(number(&$0)), short: $0.pick(-9...9)) }
        compare { Narrow(a: $0.pick(0...9), b: $0.pick(0...UInt32.max), c: $0.pick(0...UInt32.max)) }
        compare {
            Wide(
                key: $0.pick(-9...9), numbers: numbers(&$0), least: $0.oneIn(3) ? nil : $0.pick(-9...9),
                other: numbers(&$0), last: $0.pick(0...255))
        }
    }
}
