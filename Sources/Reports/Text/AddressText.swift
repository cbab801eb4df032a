internal import Flows
internal import Packets

// Stand-ins until the modules that own these texts have them: addresses and transports belong to Packets, the
// community identifier to Flows.

extension IPAddress {
    func append(to text: inout [UInt8]) {
        switch family {
        case .v4:
            for shift in [24, 16, 8, 0] {
                if shift != 24 { text.append(UInt8(ascii: ".")) }
                let byte = UInt8(truncatingIfNeeded: low >> UInt64(shift))
                if byte >= 100 { text.append(byte / 100 + 0x30) }
                if byte >= 10 { text.append(byte / 10 % 10 + 0x30) }
                text.append(byte % 10 + 0x30)
            }
        case .v6:
            appendGroups(to: &text)
        }
    }

    private func group(_ index: Int) -> UInt16 {
        let half = index < 4 ? high : low
        return UInt16(truncatingIfNeeded: half >> UInt64(48 - 16 * (index & 3)))
    }

    private func appendGroups(to text: inout [UInt8]) {
        var longest = 0..<0
        var index = 0
        while index < 8 {
            var end = index
            while end < 8, group(end) == 0 { end += 1 }
            if end - index > max(longest.count, 1) { longest = index..<end }
            index = max(end, index + 1)
        }
        index = 0
        while index < 8 {
            if !longest.isEmpty, index == longest.lowerBound {
                text.append(UInt8(ascii: ":"))
                text.append(UInt8(ascii: ":"))
                index = longest.upperBound
                continue
            }
            if index > 0, index != longest.upperBound { text.append(UInt8(ascii: ":")) }
            appendHexadecimal(group(index), to: &text)
            index += 1
        }
    }

    private func appendHexadecimal(_ group: UInt16, to text: inout [UInt8]) {
        var isLeading = true
        for shift in [12, 8, 4, 0] {
            let digit = UInt8(truncatingIfNeeded: group >> UInt16(shift) & 15)
            if digit == 0, isLeading, shift > 0 { continue }
            isLeading = false
            text.append(digit < 10 ? digit + 0x30 : digit - 10 + 0x61)
        }
    }
}

/// The name of an IP protocol, or its number.
func transportName(_ number: UInt8) -> String {
    switch number {
    case 1: "icmp"
    case 2: "igmp"
    case 6: "tcp"
    case 17: "udp"
    case 58: "icmpv6"
    case 132: "sctp"
    default: String(number)
    }
}

func communityID(of flow: FlowRecord) -> String { "" }
