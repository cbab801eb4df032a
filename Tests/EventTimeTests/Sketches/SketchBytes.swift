import EventTime
import TestSupport
import Testing

func bytes(of value: some StateValue) -> [UInt8] { StateEncoder.bytes { value.encode(into: &$0) } }

func decoded<Value: StateValue>(_ bytes: [UInt8], as type: Value.Type = Value.self) throws(StateError) -> Value {
    var decoder = StateDecoder(bytes)
    let value = try Value(from: &decoder)
    try decoder.finish()
    return value
}

/// Holds a sketch to what is asked of state: it comes back equal with equal bytes, each truncation is noticed, and
/// damaged bytes are refused or give a sketch that can be used; `use` uses it.
func checkBytes<Sketch: StateValue & Equatable>(of sketch: Sketch, seed: UInt64, use: (Sketch) -> Void) throws {
    let good = bytes(of: sketch)
    let back = try decoded(good, as: Sketch.self)
    #expect(back == sketch, "seed \(seed)")
    #expect(bytes(of: back) == good, "seed \(seed)")
    for length in stride(from: 0, to: good.count, by: max(1, good.count / 200)) {
        #expect(throws: StateError.self) { try decoded(Array(good[..<length]), as: Sketch.self) }
    }
    var random = SeededRandom(seed: seed)
    for _ in 0..<300 {
        var bad = good
        for _ in 0..<random.pick(1...3) {
            // The first bytes hold what the rest is read by.
            let place = random.oneIn(2) ? random.pick(0...min(63, bad.count - 1)) : random.pick(0...bad.count - 1)
            bad[place] = random.oneIn(3) ? 0xFF : UInt8.random(in: 0...255, using: &random)
        }
        if let survivor = try? decoded(bad, as: Sketch.self) { use(survivor) }
    }
    for _ in 0..<300 {
        let noise = (0..<random.pick(0...80)).map { _ in random.oneIn(2) ? 0 : random.pick(0...255) as UInt8 }
        if let survivor = try? decoded(noise, as: Sketch.self) { use(survivor) }
    }
}
