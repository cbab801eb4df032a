import EventTime

struct Sensor: WindowKey {
    var number: UInt64
    var tableHash: UInt32 { UInt32(truncatingIfNeeded: foldedProduct(number, 0xD6E8_FEB8_6659_FD93)) }
    var sortPrefix: UInt64 { number }
    static func < (a: Self, b: Self) -> Bool { a.number < b.number }
}

struct Readings: SliceAccumulator {
    var count = 0
    var sum = 0
    mutating func enter(_ slice: Self) { (count, sum) = (count + slice.count, sum + slice.sum) }
    mutating func leave(_ slice: Self) { (count, sum) = (count - slice.count, sum - slice.sum) }
    var isEmpty: Bool { count == 0 }
    var isZero: Bool { count == 0 && sum == 0 }
}

func printAverages(of readings: [(time: Nanoseconds, sensor: UInt64, value: Int)]) {
    let minute = SlidingWindows(size: 60 * .second, slide: 10 * .second)
    var windows = SlicedWindows<Sensor, Readings>(minute)
    var watermarks = BoundedOutOfOrderness(delay: 2 * .second)

    func fire(through time: Nanoseconds) {
        while let window = windows.nextFiring(through: time) {
            for row in windows.takeRows() {
                print(minute.window(window).end, row.key.number, row.value.sum / row.value.count)
            }
            windows.pass(to: windows.window(after: window))
        }
        windows.pass(to: windows.firstWindow(openAt: time))
        windows.close(watermark: time.saturatingAdd(-1))
    }

    for reading in readings {
        let slice = minute.slice(containing: reading.time)
        guard !minute.isLate(slice: slice, watermark: watermarks.watermark, allowedLateness: 0) else { continue }
        windows.update(slice: slice, key: Sensor(number: reading.sensor)) {
            $0.enter(Readings(count: 1, sum: reading.value))
        }
        if watermarks.observe(reading.time) { fire(through: watermarks.watermark + 1) }
    }
    fire(through: .max)
}
