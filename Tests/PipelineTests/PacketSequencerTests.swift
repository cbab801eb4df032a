import EventTime
import Flows
import HostStatistics
import Packets
import TestSupport
import Testing

@testable import Pipeline

@Suite("A packet sequencer")
struct PacketSequencerTests {
    /// What a consumer hears, packet by packet.
    enum Event: Equatable {
        case packet(number: UInt32, isRevising: Bool)
        /// One that came after its turn.
        case behind(number: UInt32, clock: Nanoseconds)
        case advance(time: Nanoseconds, dirty: [Int64], late: [Int64: UInt64])
    }

    private final class Recorder: PacketConsumer {
        var events: [Event] = []

        func add(_ packets: UnsafeBufferPointer<FlowPacket>) {
            for packet in packets {
                events.append(.packet(number: packet.wireBytes, isRevising: packet.isRevising))
            }
        }

        func add(_ packet: FlowPacket, clock: Nanoseconds) {
            events.append(.behind(number: packet.wireBytes, clock: clock))
        }

        func advance(to time: Nanoseconds, dirty: [Int64], notes: WindowNotes) {
            events.append(.advance(time: time, dirty: dirty, late: notes.late))
        }
    }

    struct Setting: Sendable, CustomTestStringConvertible {
        var delay: Nanoseconds?
        var lateness: Nanoseconds = 0
        var windows = SlidingWindows(size: 100, slide: 100)
        var testDescription: String {
            "delay \(delay.map(String.init) ?? "none"), lateness \(lateness), \(windows)"
        }
    }

    static let settings = [
        Setting(delay: 0), Setting(delay: 1), Setting(delay: 30), Setting(delay: 150), Setting(delay: nil),
        Setting(delay: 30, lateness: 70),
        Setting(delay: 5, lateness: 400, windows: SlidingWindows(size: 90, slide: 30)),
        Setting(delay: 30, windows: SlidingWindows(size: 20, slide: 50)),
    ]

    /// Times step forward, and now and then back by up to 100: within the delay, behind it, and behind a window's end.
    private func events(_ setting: Setting, seed: UInt64, drains: (Int) -> Bool) -> [Event] {
        var configuration = ReplayConfiguration(inputs: [])
        configuration.windows = setting.windows
        configuration.watermarkDelay = setting.delay
        configuration.allowedLateness = setting.lateness
        let recorder = Recorder()
        var sequencer = PacketSequencer(configuration, consumer: recorder)
        var random = SeededRandom(seed: seed)
        var newest: Nanoseconds = 0
        for number in 0..<2000 {
            newest += random.oneIn(50) ? random.pick(0...80) : random.pick(0...2)
            let time = newest - (random.oneIn(4) ? random.pick(0...random.pick([3, 40, 100])) : 0)
            let packet = DecodedPacket(wireBytes: UInt32(number))
            sequencer.nextPlace().initialize(to: FlowPacket(packet, time: time))
            sequencer.addPlaced(time: time)
            if drains(number) { sequencer.drain() }
        }
        let (dirty, notes) = sequencer.finish()
        return recorder.events + [.advance(time: .max, dirty: dirty, late: notes.late)]
    }

    @Test(
        "says the same in the same order, however seldom it is made to hand on", arguments: settings,
        0..<8 as Range<UInt64>)
    func order(setting: Setting, seed: UInt64) {
        let expected = events(setting, seed: seed) { _ in true }
        #expect(expected.count > 500)
        for every in [2, 37, 256, .max] {
            let found = events(setting, seed: seed) { $0 % every == every - 1 }
            let place = zip(found, expected).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            #expect(place == nil && found.count == expected.count, "every \(every): event \(place ?? found.count)")
        }
    }
}
