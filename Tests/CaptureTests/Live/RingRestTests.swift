import Testing

@testable import Capture

@Suite("The rest between two looks at the rings")
struct RingRestTests {
    private let megabyte = 1 << 20

    @Test("is two milliseconds where nothing is known, less for a small ring, and none where nothing came")
    func beginning() {
        var rest = RingRest(ringBytes: 32 * megabyte)
        #expect(rest.next(packets: 0, bytes: 0, now: 5) == 0)
        var other = RingRest(ringBytes: 32 * megabyte)
        #expect(other.next(packets: 10, bytes: 1000, now: 5) == 2_000_000)
        #expect(other.next(packets: 10, bytes: 1000, now: 10_000_000) == 0)
        var small = RingRest(ringBytes: 64 * 1024)
        #expect(small.next(packets: 10, bytes: 1000, now: 5) == 4096)
    }

    @Test("is no longer than four gigabytes a second would take to fill the ring, however little came before")
    func jump() {
        for (ring, longest) in [(2 * megabyte, 524_288), (256 * megabyte, 10_000_000)] as [(Int, Int64)] {
            var rest = RingRest(ringBytes: ring)
            #expect(rest.next(packets: 0, bytes: 0, now: 0) == 0)
            #expect(rest.next(packets: 3, bytes: 200, now: 1_000_000_000) == longest)
        }
    }

    @Test(
        "fills at most a sixteenth of the ring at the rate of the packets before, between its limits",
        arguments: [(10.0, 8_388_608), (1e6, 8_388_608), (2e6, 4_194_304), (40e6, 2_000_000)] as [(Double, Int64)])
    func rate(packetsASecond: Double, expected: Int64) {
        var rest = RingRest(ringBytes: 32 * megabyte)
        // 138 bytes of each are kept, so that a packet takes 250.
        #expect(rest.next(packets: 0, bytes: 0, now: 0) == 0)
        let packets = UInt64(packetsASecond)
        #expect(rest.next(packets: packets, bytes: packets * 138, now: 1_000_000_000) == expected)
    }
}
