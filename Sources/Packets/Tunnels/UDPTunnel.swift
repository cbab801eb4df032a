// Tunnels over UDP are known by their port, on either side: the server's in one direction of a
// conversation, and in both where a protocol has no clients.

@usableFromInline enum UDPTunnel: UInt8 {
    case vxlan, vxlanGPE, geneve, gtp, teredo, ayiya, l2tp, capwap, lisp, mpls, gre, tzsp, amt

    /// False for most ports that are no tunnel's, at the price of two instructions: there is a bit for each value
    /// of the last six bits of the tunnels' ports.
    @inlinable @inline(__always)
    static func mayUse(_ port: UInt16) -> Bool {
        let bits: UInt64 = 0x8060_0920_1105_0802
        return bits &>> UInt64(port & 63) & 1 != 0
    }

    /// The tunnel that a pair of ports means. The lower port decides, as servers have the lower one; the
    /// higher one does where the lower is nobody's.
    @inline(never)
    init?(_ source: UInt16, _ destination: UInt16) {
        let higher = max(source, destination)
        let lower = min(source, destination)
        if let tunnel = Self.registered(lower) {
            self = tunnel
        } else if let tunnel = Self.registered(higher), !WellKnownPort.isService(lower) {
            self = tunnel
        } else {
            return nil
        }
    }

    static func registered(_ port: UInt16) -> UDPTunnel? {
        switch port {
        case 1701: .l2tp
        case 2123, 2152: .gtp  // the first is the control plane's
        case 2268: .amt
        case 3544: .teredo
        case 4341: .lisp
        case 4754: .gre
        case 4789, 8472: .vxlan  // the second is Linux's, from before the first was assigned
        case 4790: .vxlanGPE
        case 5072: .ayiya
        case 5247: .capwap
        case 6081: .geneve
        case 6635: .mpls
        case 37008: .tzsp
        default: nil
        }
    }
}

/// Ports of services whose clients may use a tunnel's port by chance.
enum WellKnownPort {
    /// Whether datagrams to or from `port` are a known service's, although the other port is a tunnel's.
    static func isService(_ port: UInt16) -> Bool {
        switch port {
        case 7, 13, 19, 37, 49, 53, 67...69, 88, 111, 123, 137, 138, 161, 162, 173, 177, 213, 269: true
        case 319, 320, 389, 427, 434, 464, 473, 496, 500, 502, 513, 514, 520, 521, 524, 525, 539: true
        case 546, 547, 573, 623, 631, 646, 654, 664, 698, 699, 701, 750, 853, 854, 910, 921, 925: true
        case 1194, 1645, 1646, 1700, 1718, 1719, 1812, 1813, 1900, 1985, 2029, 2048, 2055: true
        case 2427, 2727, 2944, 2945, 3130, 3222, 3389, 3478, 3784, 3785, 4011, 4500, 4569, 4739: true
        case 5060, 5246, 5350, 5351, 5353, 5355, 5404, 5405, 5683, 5684, 6343, 6696, 6784: true
        default: false
        }
    }
}
