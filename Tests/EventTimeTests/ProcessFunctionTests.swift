import EventTime
import Testing

private struct Alarm: Equatable {
    var sensor: String
    var silentSince: Nanoseconds
}

/// Tells of sensors that were silent for 60 ns.
private struct SilentSensor: ProcessFunction {
    typealias Key = String
    typealias Output = Alarm

    let deadline = ValueState<Nanoseconds>("deadline")

    func process(_ reading: Int, in context: inout Context) {
        if let deadline = context[deadline] { context.deleteTimer(at: deadline) }
        context[deadline] = context.time + 60
        context.setTimer(at: context.time + 60)
    }

    func timer(_ timer: FiredTimer, in context: inout Context) {
        context[deadline] = nil
        context.emit(Alarm(sensor: context.key, silentSince: timer.time - 60))
    }
}

@Suite("A process function")
struct ProcessFunctionTests {
    @Test("alarms of silence, and keeps nothing afterwards")
    func silence() {
        var job = ProcessOperator(SilentSensor())
        var alarms: [Alarm] = []
        let note = { (result: Timed<Keyed<String, Alarm>>) in alarms.append(result.value.value) }
        for (sensor, time) in [("a", 0), ("b", 10), ("a", 30), ("a", 50)] as [(String, Nanoseconds)] {
            job.process(Timed(Keyed(sensor, 1), at: time), emit: note)
        }
        #expect(job.keyCount == 2)
        #expect(job.timerCount == 2)
        job.advance(to: 69, emit: note)
        #expect(alarms == [])
        job.advance(to: 70, emit: note)
        #expect(alarms == [Alarm(sensor: "b", silentSince: 10)])
        #expect(job.keyCount == 1)
        job.advance(to: .max, emit: note)
        #expect(alarms.count == 2)
        #expect(job.keyCount == 0)
        #expect(job.timerCount == 0)
    }

    @Test("runs in a stream")
    func stream() throws {
        let readings: [(sensor: String, time: Nanoseconds)] = [
            ("a", 0), ("b", 10), ("a", 30), ("a", 95), ("b", 96),
        ]
        let alarms = try readings.stream(at: \.time, watermarks: .monotonous())
            .keyed(by: \.sensor)
            .map { _ in 1 }
            .process(SilentSensor())
            .collect()
        // The element of 95 comes before the watermark it causes: sensor a was heard of in time.
        #expect(alarms.map(\.value.silentSince) == [10, 95, 96])
        #expect(alarms.map(\.time) == [70, 155, 156])
    }
}
