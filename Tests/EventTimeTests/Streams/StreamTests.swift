import EventTime
import Testing

/// A thing that happened, for streams under test.
struct Happening: Sendable, Equatable {
    var time: Nanoseconds
    var key: Int
    var value: Int
}

@Suite("A stream")
struct StreamTests {
    static let happenings = [(1, 7, 1), (3, 8, 2), (2, 7, 3), (9, 8, 4), (5, 7, 5)].map {
        Happening(time: Nanoseconds($0.0), key: $0.1, value: $0.2)
    }

    @Test("maps, filters and expands elements, and leaves their times as they are")
    func elementwise() throws {
        let results = try Self.happenings.stream(at: \.time, watermarks: .monotonous())
            .map(\.value)
            .filter { $0 != 2 }
            .flatMap { [$0, -$0] }
            .collect()
        #expect(results.map(\.value) == [1, -1, 3, -3, 4, -4, 5, -5])
        #expect(results.map(\.time) == [1, 1, 2, 2, 9, 9, 5, 5])
    }

    @Test("folds the values of each key as they come")
    func rolling() throws {
        let results = try Self.happenings.stream(at: \.time, watermarks: .boundedOutOfOrderness(2))
            .keyed(by: \.key)
            .map(\.value)
            .reduce(+)
            .collect()
        #expect(results.map(\.value) == [1, 2, 4, 6, 9])
    }

    @Test("forgets the fold of a key that was not used for its time to live", arguments: [1, 2])
    func rollingWithTimeToLive(workers: Int) throws {
        let happenings = [(0, 1), (5, 2), (9, 1), (30, 3), (31, 1), (32, 2)].map {
            Happening(time: Nanoseconds($0.0), key: $0.1, value: 1)
        }
        let results = try happenings.stream(at: \.time, watermarks: .monotonous())
            .keyed(by: \.key)
            .map(\.value)
            .reduce(timeToLive: .eventTime(10), +)
            .collect(.init(workers: workers))
        #expect(results.map(\.value) == [1, 1, 2, 1, 1, 1])

        var step = ProcessOperator(RollingFunction<Int, Count<Int>>(Count(), timeToLive: .eventTime(10)))
        for key in 0..<1000 {
            step.process(Timed(Keyed(key, 0), at: Nanoseconds(key))) { _ in }
            step.advance(to: Nanoseconds(key) - 1) { _ in }
            #expect(step.keyCount <= 12)
        }
    }

    @Test("hands elements on before the watermarks they cause, and ends with the last one")
    func watermarks() throws {
        let results = try Self.happenings.stream(at: \.time, watermarks: .boundedOutOfOrderness(1))
            .through(Eavesdropper())
            .collect()
        #expect(
            results.map(\.value) == [
                "1@1", "w-1", "3@2", "w1", "2@3", "9@4", "w7", "5@5", "w\(Int64.max)",
            ])
    }
}

/// Writes down what it is given.
struct Eavesdropper: StreamOperator {
    mutating func process(_ element: Timed<Happening>, emit: (Timed<String>) -> Void) {
        emit(Timed("\(element.time)@\(element.value.value)", at: element.time))
    }
    mutating func advance(to watermark: Nanoseconds, emit: (Timed<String>) -> Void) {
        emit(Timed("w\(watermark)", at: watermark))
    }
}
