/// How ICMP's type and code take the place of ports, as Community ID v1 has it
/// (https://github.com/corelight/community-id-spec): the sender's port is its message's type; the receiver's is the
/// type that answers it, so that request and reply are one flow, or the code where no type does.
public enum ICMPConversation {
    /// Pairs of types that answer each other.
    private static let v4: [(UInt16, UInt16)] = [(8, 0), (13, 14), (15, 16), (10, 9), (17, 18)]
    private static let v6: [(UInt16, UInt16)] = [
        (128, 129), (133, 134), (135, 136), (130, 131), (139, 140), (144, 145),
    ]

    /// The type that answers `type`; `nil` where messages of this type stand alone. `transport` is 1 or 58.
    public static func answer(transport: UInt8, type: UInt16) -> UInt16? {
        for (request, reply) in transport == 1 ? v4 : v6 {
            if type == request { return reply }
            if type == reply { return request }
        }
        return nil
    }
}
