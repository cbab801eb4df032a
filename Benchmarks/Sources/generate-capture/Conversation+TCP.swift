// RFC 9293, section 3.1; options: RFC 7323 and RFC 2018.

import EventTime

extension Conversation {
    private enum Flags {
        static let fin: UInt8 = 0x01
        static let syn: UInt8 = 0x02
        static let push: UInt8 = 0x08
        static let acknowledge: UInt8 = 0x10
    }

    /// Packets of a TCP flow without any data from the server: three to open, a request, three to close.
    static let tcpOverhead = 7

    // RFC 9112; the response's body ends with the connection.
    private static var webRequest: StaticString {
        "GET / HTTP/1.1\r\nHost: www.example.test\r\nUser-Agent: generate-capture\r\n\r\n"
    }
    private static var webResponse: StaticString { "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" }

    mutating func writeTCP(to frame: inout Frame, at time: Nanoseconds, payloads: borrowing Payloads) {
        switch sent {
        case 0: writeSegment(to: &frame, at: time, fromClient: true, Flags.syn)
        case 1: writeSegment(to: &frame, at: time, fromClient: false, Flags.syn | Flags.acknowledge)
        case 2: writeSegment(to: &frame, at: time, fromClient: true, Flags.acknowledge)
        case 3:
            let length = serverPort == 80 ? Self.webRequest.utf8CodeUnitCount : 120 + random.below(500)
            writeData(length, to: &frame, at: time, fromClient: true, payloads)
        case plan.packets - 3: writeSegment(to: &frame, at: time, fromClient: false, Flags.fin | Flags.acknowledge)
        case plan.packets - 2: writeSegment(to: &frame, at: time, fromClient: true, Flags.fin | Flags.acknowledge)
        case plan.packets - 1: writeSegment(to: &frame, at: time, fromClient: false, Flags.acknowledge)
        default: writeTransfer(to: &frame, at: time, payloads)
        }
    }

    /// A segment of the long middle: an ACK after two segments, sometimes the client's own data (not on
    /// port 80, where it would be a second request), else the server's.
    private mutating func writeTransfer(
        to frame: inout Frame, at time: Nanoseconds, _ payloads: borrowing Payloads
    ) {
        if unacknowledged == 2 {
            writeSegment(to: &frame, at: time, fromClient: true, Flags.acknowledge)
            unacknowledged = 0
            return
        }
        let percentile = random.below(100)
        if percentile < 8 && serverPort != 80 {
            writeData(40 + random.below(400), to: &frame, at: time, fromClient: true, payloads)
            return
        }
        // 1,500 bytes of IP less its header, TCP's and the timestamps option.
        let full = client.family == .ipv4 ? 1_448 : 1_428
        let length = percentile < 62 ? full : percentile < 74 ? 536 : 40 + random.below(600)
        writeData(length, to: &frame, at: time, fromClient: false, payloads)
        unacknowledged += 1
    }

    private mutating func writeData(
        _ length: Int, to frame: inout Frame, at time: Nanoseconds, fromClient: Bool,
        _ payloads: borrowing Payloads
    ) {
        beginSegment(
            &frame, at: time, fromClient: fromClient, Flags.push | Flags.acknowledge, payloadLength: length)
        let start = frame.count
        switch serverPort {
        case 443:  // a record of TLS application data (RFC 8446, section 5.1)
            frame.append(0x17 as UInt8)
            frame.append(0x0303 as UInt16)
            frame.append(UInt16(length - 5))
        case 80 where sent == 3: frame.append(Self.webRequest)
        case 80 where sent == 4: frame.append(Self.webResponse)
        default: break
        }
        frame.append(payloads.draw(start + length - frame.count, &random))
        endSegment(&frame, fromClient: fromClient, advance: length)
    }

    private mutating func writeSegment(
        to frame: inout Frame, at time: Nanoseconds, fromClient: Bool, _ flags: UInt8
    ) {
        beginSegment(&frame, at: time, fromClient: fromClient, flags, payloadLength: 0)
        endSegment(&frame, fromClient: fromClient, advance: flags & (Flags.syn | Flags.fin) == 0 ? 0 : 1)
    }

    private mutating func beginSegment(
        _ frame: inout Frame, at time: Nanoseconds, fromClient: Bool, _ flags: UInt8, payloadLength: Int
    ) {
        let opens = flags & Flags.syn != 0
        let acknowledges = flags & Flags.acknowledge != 0
        let headerLength = opens ? 40 : 32
        begin(
            &frame, fromClient: fromClient, transport: Transport.tcp,
            payloadLength: headerLength + payloadLength)
        appendPorts(to: &frame, fromClient: fromClient)
        frame.append(fromClient ? clientSequence : serverSequence)
        let acknowledged = fromClient ? serverSequence : clientSequence
        frame.append(acknowledges ? acknowledged : 0)
        frame.append(UInt8(headerLength / 4) << 4)
        frame.append(flags)
        frame.append(fromClient ? 502 as UInt16 : 1_026)
        frame.append(0 as UInt32)  // checksum and urgent pointer
        if opens {
            frame.append(0x0204 as UInt16)  // maximum segment size
            frame.append(client.family == .ipv4 ? 1_460 as UInt16 : 1_440)
            frame.append(0x0402 as UInt16)  // selective acknowledgement permitted
        } else {
            frame.append(0x0101 as UInt16)
        }
        frame.append(0x080A as UInt16)  // timestamps, in milliseconds
        let clock = UInt32(truncatingIfNeeded: time / 1_000_000)
        frame.append(fromClient ? clock : clock &+ 77_777)
        let echo = fromClient ? clock &+ 77_772 : clock &- 5
        frame.append(acknowledges ? echo : 0)
        if opens { frame.append(0x0103_0307 as UInt32) }  // window scale 7
    }

    private mutating func endSegment(_ frame: inout Frame, fromClient: Bool, advance: Int) {
        frame.seal(checksumAt: 16, pseudoHeader: Transport.tcp)
        if fromClient { clientSequence &+= UInt32(advance) } else { serverSequence &+= UInt32(advance) }
    }
}
