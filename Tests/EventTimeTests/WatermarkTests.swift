import EventTime
import TestSupport
import Testing

@Suite("The watermark of bounded out-of-orderness")
struct WatermarkTests {
    @Test("is the newest time, less the delay, less one nanosecond, and never goes back")
    func newestLessDelay() {
        var random = SeededRandom(seed: 1)
        var watermarks = BoundedOutOfOrderness(delay: 20)
        #expect(watermarks.watermark == .min)
        var newest = Nanoseconds.min
        for _ in 0..<1000 {
            let time: Nanoseconds = random.pick(-500...500)
            let hasAdvanced = time > newest
            newest = max(newest, time)
            let answer = watermarks.observe(time)
            #expect(answer == hasAdvanced)
            #expect(watermarks.watermark == newest - 21)
        }
    }

    @Test("does not come before the end of the input where the delay has no bound")
    func unbounded() {
        var watermarks = BoundedOutOfOrderness(delay: nil)
        let answers = ([5, .max, .min, 0] as [Nanoseconds]).map { watermarks.observe($0) }
        #expect(answers == [false, false, false, false])
        #expect(watermarks.watermark == .min)
    }

    @Test("stays within 64 bits at both ends")
    func extremes() {
        // Each line: a time, and the watermark after it.
        let steps: [(time: Nanoseconds, watermark: Nanoseconds)] = [
            (.min, .min), (.min + 11, .min), (.min + 12, .min + 1), (.max, .max - 11), (0, .max - 11),
        ]
        var watermarks = BoundedOutOfOrderness(delay: 10)
        for step in steps {
            let before = watermarks.watermark
            let answer = watermarks.observe(step.time)
            #expect(watermarks.watermark == step.watermark)
            #expect(answer == (step.watermark > before))
        }
        var huge = BoundedOutOfOrderness(delay: .max)
        let answers = [huge.observe(-5), huge.observe(5)]
        #expect(answers == [false, true])
        #expect(huge.watermark == 5 - .max - 1)
    }
}

@Suite("Arithmetic on nanoseconds")
struct NanosecondsTests {
    @Test("divides with the floor, also below zero", arguments: [1, 2, 7, 1_000_000_007, .max] as [Int64])
    func floorDivision(step: Int64) {
        var random = SeededRandom(seed: UInt64(step))
        var numbers: [Int64] = [0, 1, -1, step - 1, -step, 1 - step, .max, .min, .min + 1]
        for _ in 0..<200 { numbers.append(Int64(bitPattern: random.next()) >> random.pick(0...63)) }
        for number in numbers {
            // In twice the width nothing overflows.
            let (wide, wideStep) = (Int128(number), Int128(step))
            let remainder = (wide % wideStep + wideStep) % wideStep
            #expect(number.flooredRemainder(dividingBy: step) == Int64(remainder))
            #expect(number.floored(dividingBy: step) == Int64((wide - remainder) / wideStep))
            #expect(number.roundedDown(toMultipleOf: step) == Int64(clamping: wide - remainder))
        }
    }

    @Test("adds up to the ends of 64 bits and no further")
    func saturation() {
        #expect(Int64.max.saturatingAdd(1) == .max)
        #expect(Int64.min.saturatingAdd(-1) == .min)
        #expect(Int64.max.saturatingAdd(-1) == .max - 1)
        #expect((5 as Int64).saturatingAdd(.min) == .min + 5)
    }
}
