public import EventTime
import Packets

extension FlowRecord: StateValue {
    public func encode(into state: inout StateEncoder) {
        state.encode(start)
        state.encode(end)
        for address in [source, destination] {
            state.encode(address.family.rawValue)
            state.encode(address.high)
            state.encode(address.low)
        }
        state.encode(sourcePort)
        state.encode(destinationPort)
        state.encode(transport)
        hasPorts.encode(into: &state)
        for number in [
            sourcePackets, destinationPackets, sourceBytes, destinationBytes, sourceWireBytes, destinationWireBytes,
        ] { state.encode(number) }
        state.encode(sourceTCPFlags)
        state.encode(destinationTCPFlags)
        state.encode(endReason.rawValue)
        state.encode(knownAt)
        state.encode(separation)
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        let (start, end) = (try state.decode(Nanoseconds.self), try state.decode(Nanoseconds.self))
        let (source, destination) = (try Self.address(&state), try Self.address(&state))
        self.init(
            start: start, end: end, source: source, destination: destination, sourcePort: try state.decode(),
            destinationPort: try state.decode(), transport: try state.decode(), hasPorts: try Bool(from: &state),
            sourcePackets: try state.decodeCounter(), destinationPackets: try state.decodeCounter(),
            sourceBytes: try state.decodeCounter(), destinationBytes: try state.decodeCounter(),
            sourceWireBytes: try state.decodeCounter(), destinationWireBytes: try state.decodeCounter(),
            sourceTCPFlags: try state.decode(), destinationTCPFlags: try state.decode(),
            endReason: try Self.endReason(&state))
        knownAt = try state.decode()
        separation = try state.decode()
    }

    private static func address(_ state: inout StateDecoder) throws(StateError) -> IPAddress {
        let family = try state.decode(UInt8.self)
        let (high, low) = (try state.decode(UInt64.self), try state.decode(UInt64.self))
        switch family {
        case 4 where high == 0 && low <= UInt64(UInt32.max): return IPAddress(v4: UInt32(low))
        case 6: return IPAddress(high: high, low: low)
        default: throw state.invalid("an address of family \(family)")
        }
    }

    private static func endReason(_ state: inout StateDecoder) throws(StateError) -> EndReason {
        guard let reason = EndReason(rawValue: try state.decode()) else {
            throw state.invalid("a flow that ended for no reason")
        }
        return reason
    }
}
