import EventTime
import TestSupport
import Testing

private struct Refused: Error {}

private enum Colour: UInt8, StateValue, Equatable {
    case red = 1
    case green
}

@Suite("State is written as bytes and read again")
struct StateValueTests {
    private func roundTrip<Value: StateValue & Equatable>(_ value: Value) throws {
        let bytes = StateEncoder.bytes { value.encode(into: &$0) }
        var decoder = StateDecoder(bytes)
        #expect(try Value(from: &decoder) == value)
        try decoder.finish()
    }

    @Test func valuesComeBack() throws {
        try roundTrip(Int.min)
        try roundTrip(UInt8.max)
        try roundTrip(-0.5)
        try roundTrip("Gezeiten, 潮 ✓")
        try roundTrip([nil, "a", ""] as [String?])
        try roundTrip(["b": [1, 2], "a": []] as [String: [Int32]])
        try roundTrip([true, false])
        try roundTrip(Colour.green)
    }

    @Test func integersAreLittleEndianAndEqualDictionariesHaveEqualBytes() {
        #expect(StateEncoder.bytes { $0.encode(UInt32(0x0102_0304)) } == [4, 3, 2, 1])
        let numbers = Dictionary(uniqueKeysWithValues: (0..<100).map { ($0, $0) })
        let reversed = Dictionary(uniqueKeysWithValues: (0..<100).reversed().map { ($0, $0) })
        #expect(
            StateEncoder.bytes { numbers.encode(into: &$0) } == StateEncoder.bytes { reversed.encode(into: &$0) })
    }

    @Test func valuesCrossChunks() throws {
        let words = (0..<20_000).map { "word \($0)" }
        let bytes = StateEncoder.bytes { words.encode(into: &$0) }
        for size in [1, 7, 4096] {
            var rest = bytes[...]
            var decoder = StateDecoder(byteCount: UInt64(bytes.count)) { () throws(StateError) in
                defer { rest = rest.dropFirst(size) }
                return Array(rest.prefix(size))
            }
            #expect(try [String](from: &decoder) == words)
            try decoder.finish()
        }
    }

    @Test func everyTruncationAndEveryTailIsNoticed() throws {
        let bytes = StateEncoder.bytes { ["a": ["b", "c"], "d": []].encode(into: &$0) }
        for length in bytes.indices {
            #expect(throws: StateError.self) {
                var decoder = StateDecoder(Array(bytes[..<length]))
                _ = try [String: [String]](from: &decoder)
            }
        }
        #expect(throws: StateError.endsLate(offset: UInt64(bytes.count))) {
            var decoder = StateDecoder(bytes + [0])
            _ = try [String: [String]](from: &decoder)
            try decoder.finish()
        }
    }

    @Test func randomBytesAreRefusedOrReadButNeverTrap() {
        var random = SeededRandom(seed: 11)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<64, using: &random)).map { _ in
                Bool.random(using: &random) ? 0 : UInt8.random(in: 0...255, using: &random)
            }
            var decoder = StateDecoder(bytes)
            _ = try? [String: [Colour?]](from: &decoder)
        }
    }

    @Test func aHugeCountAllocatesNothing() {
        let bytes = StateEncoder.bytes { $0.encode(UInt64.max) } + [1, 2, 3]
        #expect(throws: StateError.self) {
            var decoder = StateDecoder(bytes)
            _ = try [UInt64](from: &decoder)
        }
    }

    @Test func theSinksFailureComesOutAtTheEnd() {
        var calls = 0
        var encoder = StateEncoder { _ in
            calls += 1
            throw Refused()
        }
        for number in 0..<200_000 { encoder.encode(UInt64(number)) }
        #expect(encoder.byteCount == 1_600_000)
        #expect(throws: Refused.self) { try encoder.finish() }
        #expect(calls == 1)
    }
}
