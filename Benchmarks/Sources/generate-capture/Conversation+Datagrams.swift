// UDP: RFC 768; DNS: RFC 1035, section 4; QUIC: RFC 9000, section 17.3; ICMP: RFC 792 and RFC 4443.

extension Conversation {
    private static let udpHeaderLength = 8

    mutating func writeDNS(to frame: inout Frame) {
        let asks = sent == 0
        let labelLength = 3 + Int(clientSequence % 14)
        let nameLength = 1 + labelLength + 14
        let length = 12 + nameLength + 4 + (asks ? 0 : 16)
        beginDatagram(&frame, fromClient: asks, payloadLength: length)
        frame.append(UInt16(truncatingIfNeeded: clientSequence))  // the same in both: the answer's key
        frame.append(asks ? 0x0100 as UInt16 : 0x8180)
        frame.append(1 as UInt16)  // questions
        frame.append(asks ? 0 as UInt16 : 1)  // answers
        frame.append(0 as UInt32)
        frame.append(UInt8(labelLength))
        for index in 0..<labelLength {
            frame.append(UInt8(ascii: "a") + UInt8((clientSequence &* 7 &+ UInt32(index) &* 11) % 26))
        }
        frame.append("\u{7}example\u{4}test\u{0}")
        frame.append(0x0001_0001 as UInt32)  // A, IN
        if !asks {
            frame.append(0xC00C as UInt16)  // the name in the question
            frame.append(0x0001_0001 as UInt32)
            frame.append(300 as UInt32)
            frame.append(4 as UInt16)
            frame.append(0xC612_0001 as UInt32)
        }
        frame.seal(checksumAt: 6, pseudoHeader: Transport.udp)
    }

    mutating func writeQUIC(to frame: inout Frame, payloads: borrowing Payloads) {
        let percentile = random.below(100)
        let fromClient = sent == 0 || percentile < 30
        let length = fromClient ? 30 + random.below(60) : percentile < 80 ? 1_200 : 60 + random.below(900)
        beginDatagram(&frame, fromClient: fromClient, payloadLength: length)
        frame.append(0x40 | UInt8(random.below(0x40)))  // short header, fixed bit
        // The connection identifier. Its first byte is 0, lest dissectors that guess take it for CLTP.
        frame.append((fromClient ? clientSequence : serverSequence) & 0x00FF_FFFF)
        frame.append(payloads.draw(length - 5, &random))
        frame.seal(checksumAt: 6, pseudoHeader: Transport.udp)
    }

    private mutating func beginDatagram(_ frame: inout Frame, fromClient: Bool, payloadLength: Int) {
        let length = Self.udpHeaderLength + payloadLength
        begin(&frame, fromClient: fromClient, transport: Transport.udp, payloadLength: length)
        appendPorts(to: &frame, fromClient: fromClient)
        frame.append(UInt16(length))
        frame.append(0 as UInt16)
    }

    mutating func writeEcho(to frame: inout Frame, payloads: borrowing Payloads) {
        let asks = sent % 2 == 0
        let isIPv4 = client.family == .ipv4
        let type: (request: UInt8, reply: UInt8) = isIPv4 ? (8, 0) : (128, 129)
        let dataLength = 56
        begin(
            &frame, fromClient: asks, transport: isIPv4 ? Transport.icmp : Transport.icmpv6,
            payloadLength: 8 + dataLength)
        frame.append(asks ? type.request : type.reply)
        frame.append(0 as UInt8)
        frame.append(0 as UInt16)
        frame.append(clientPort)
        frame.append(UInt16(truncatingIfNeeded: sent / 2))
        // The reply repeats the request's data: a stretch that the flow's own numbers name.
        var stretch = RandomSource(seed: UInt64(clientSequence))
        frame.append(payloads.draw(dataLength, &stretch))
        frame.seal(checksumAt: 2, pseudoHeader: isIPv4 ? nil : Transport.icmpv6)
    }
}
