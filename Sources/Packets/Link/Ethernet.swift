// Ethernet: IEEE 802.3; EtherType and length share a field (IEEE 802.3, clause 3.2.6).

/// Numbers of the protocols this decoder follows behind an Ethernet header
/// (https://www.iana.org/assignments/ieee-802-numbers).
enum EtherType {
    static let ipv4: UInt16 = 0x0800
    static let ipv6: UInt16 = 0x86dd
    static let mpls: UInt16 = 0x8847
    static let mplsMulticast: UInt16 = 0x8848
    static let pppoeSession: UInt16 = 0x8864
    static let serviceVLAN: UInt16 = 0x88a8
    static let oldServiceVLAN: UInt16 = 0x9100
    static let backboneServiceInstance: UInt16 = 0x88e7
    static let transparentEthernet: UInt16 = 0x6558
    static let logicalLinkControl: UInt16 = 0x8870
    static let serviceFunctionHeader: UInt16 = 0x894f
    static let ciscoMetadata: UInt16 = 0x8909
    static let virtualInterfaceTag: UInt16 = 0x8926
    static let bridgePortExtension: UInt16 = 0x893f
    static let redundancyTag: UInt16 = 0xf1c1
    static let seamlessRedundancy: UInt16 = 0x892f
    static let macSecurity: UInt16 = 0x88e5
    static let trill: UInt16 = 0x22f3
    static let fabricPath: UInt16 = 0x8903

    /// The largest value that is a length and no type.
    static let largestLength: UInt16 = 1500
}

extension HeaderWalk {
    /// Reads an Ethernet header: destination and source (6 bytes each), type or length (2).
    mutating func ethernet(_ bytes: RawSpan) -> NextHeader {
        guard has(14) else { return truncated }
        let type = bytes.extracting(offset..<offset &+ 14).uint16(at: 12)
        offset &+= 14
        return .etherType(type)
    }

    /// Goes on behind a type-or-length field.
    mutating func etherType(_ type: UInt16, _ bytes: RawSpan) -> NextHeader {
        switch type {
        case EtherType.ipv4: return .ipv4
        case EtherType.ipv6: return .ipv6
        case VLANTag.etherType, EtherType.serviceVLAN, EtherType.oldServiceVLAN: return vlanTag(bytes)
        case EtherType.mpls, EtherType.mplsMulticast: return .mpls
        case EtherType.pppoeSession: return pppoeSession(bytes)
        case EtherType.backboneServiceInstance: return backboneServiceInstance(bytes)
        case EtherType.transparentEthernet: return .ethernet
        case EtherType.logicalLinkControl: return .logicalLinkControl
        case EtherType.serviceFunctionHeader: return .serviceFunctionHeader
        case EtherType.ciscoMetadata: return ciscoMetadata(bytes)
        case EtherType.virtualInterfaceTag: return tag(ofBytes: 6, bytes)
        case EtherType.bridgePortExtension: return tag(ofBytes: 8, bytes)
        case EtherType.redundancyTag, EtherType.seamlessRedundancy: return tag(ofBytes: 6, bytes)
        case EtherType.macSecurity: return macSecurityTag(bytes)
        case EtherType.trill: return trill(bytes)
        case EtherType.fabricPath: return fabricPath(bytes)
        case ...EtherType.largestLength: return lengthField(type, bytes)
        default: return .none
        }
    }

    /// Goes on behind a field that held a length: the content is that long, and an 802.2 header begins it,
    /// unless it is Novell's "raw" IPX, whose first two bytes are all ones.
    private mutating func lengthField(_ length: UInt16, _ bytes: RawSpan) -> NextHeader {
        limit(to: offset + Int(length))
        if has(2), bytes.uint16(at: offset) == 0xffff { return .none }
        return .logicalLinkControl
    }
}
