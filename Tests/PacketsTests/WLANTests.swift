import Packets
import TestSupport
import Testing

private typealias Build = PacketBuilder

@Suite("An 802.11 frame")
struct WLANTests {
    static let carriers: [(name: String, link: LinkType, prefix: String)] = [
        ("alone", .wlan, ""),
        ("behind radiotap", .radiotap, "00 00 0800 00000000"),
        ("behind Prism", .prism, "44000000 90000000" + String(repeating: "00", count: 136)),
        ("behind AVS", .avs, "80211001 00000040" + String(repeating: "00", count: 56)),
        ("behind AVS where Prism is announced", .prism, "80211001 00000040" + String(repeating: "00", count: 56)),
        ("behind PPI", .ppi, "00 00 0800 69000000"),
    ]

    @Test("carries IP in its data frames", arguments: carriers)
    func carrier(name: String, link: LinkType, prefix: String) {
        #expect(summary(decode(Build.hex(prefix) + Build.wlan(Inside.ipv4), link: link)) == Inside.ipv4Summary)
    }

    static let controls: [(name: String, control: String, extra: Int, hasIP: Bool)] = [
        ("four addresses", "08 03", 6, true),
        ("quality of service", "88 02", 2, true),
        ("high throughput", "88 82", 6, true),
        ("no data", "48 02", 0, false),
        ("encrypted", "08 42", 0, false),
        ("a beacon", "80 00", 0, false),
        ("an acknowledgement", "d4 00", 0, false),
    ]

    @Test("has a header as long as its control field says", arguments: controls)
    func control(name: String, control: String, extra: Int, hasIP: Bool) {
        let packet = decode(Build.wlan(Inside.ipv4, control: control, extra: extra), link: .wlan)
        #expect(summary(packet) == (hasIP ? Inside.ipv4Summary : "no IP"))
    }

    @Test("is not read further in a later fragment")
    func laterFragment() {
        var frame = Build.wlan(Inside.ipv4)
        frame[22] = 1
        #expect(summary(decode(frame, link: .wlan)) == "no IP")
    }

    @Test("is read as far as its first packet where several are aggregated")
    func aggregate() {
        let inside = Build.snap(Inside.ipv4)
        let frame =
            Build.hex("88 02") + Build.zeros(22) + Build.hex("80 00") + Build.zeros(12)
            + [0, UInt8(inside.count)] + inside
        #expect(summary(decode(frame, link: .wlan)) == Inside.ipv4Summary)
    }

    @Test("loses the padding and the check sequence that radiotap announces")
    func radiotapFlags() {
        let header = Build.wlan([], control: "88 02", extra: 2).prefix(26)
        let padded = header + Build.zeros(2) + Build.snap(Inside.ipv4)
        #expect(
            summary(decode(Build.hex("00 00 0900 02000000 20") + padded, link: .radiotap)) == Inside.ipv4Summary)

        let offloaded = Build.ipv4(Build.tcp(), protocol: 6, totalLength: 0)
        let checked = Build.wlan(offloaded) + Build.zeros(4)
        #expect(decode(Build.hex("00 00 0900 02000000 10") + checked, link: .radiotap).bytes == 40)
        let timed = Build.hex("00 00 1100 03000000") + Build.zeros(8) + [0x10]
        #expect(decode(timed + checked, link: .radiotap).bytes == 40)
    }
}
