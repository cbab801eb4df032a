public import EventTime
import Packets

// What the flows keep, field by field: 8 bytes little-endian are not the 8 bytes in memory everywhere, and fields may
// change their places.

extension FlowKey: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(lowAddressHigh)
        state.encode(lowAddressLow)
        state.encode(highAddressHigh)
        state.encode(highAddressLow)
        state.encode(separation)
        state.encode(lowPort)
        state.encode(highPort)
        state.encode(transport)
        state.encode(family)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self.init(
            lowAddressHigh: try state.decode(), lowAddressLow: try state.decode(),
            highAddressHigh: try state.decode(), highAddressLow: try state.decode(),
            separation: try state.decode(), lowPort: try state.decode(), highPort: try state.decode(),
            transport: try state.decode(), family: try state.decode())
        guard family == 4 || family == 6 else { throw state.invalid("addresses of family \(family)") }
    }
}

extension Traffic: StateValue {
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(packets)
        state.encode(bytes)
        state.encode(wireBytes)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self.init(
            packets: try state.decodeCounter(), bytes: try state.decodeCounter(),
            wireBytes: try state.decodeCounter())
    }
}

extension PendingTraffic: StateValue {
    @inlinable func encode(into state: inout StateEncoder) {
        for direction in 0..<2 { state.encode(bytes[direction]) }
        for direction in 0..<2 { state.encode(wireBytes[direction]) }
        for direction in 0..<2 { state.encode(packets[direction]) }
    }

    @inlinable init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        for direction in 0..<2 { bytes[direction] = try state.decode() }
        for direction in 0..<2 { wireBytes[direction] = try state.decode() }
        for direction in 0..<2 { packets[direction] = try state.decode() }
        for direction in 0..<2 {
            guard (bytes[direction] | wireBytes[direction] | packets[direction]) >> 31 == 0 else {
                throw state.invalid("more traffic than waits")
            }
        }
    }
}

extension TCPState: StateValue {
    @inlinable public func encode(into state: inout StateEncoder) {
        for direction in 0..<2 { state.encode(flags[direction]) }
        state.encode(bits)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        for direction in 0..<2 { flags[direction] = try state.decode() }
        bits = try state.decode()
        guard bits & ~Bits.all == 0 else { throw state.invalid("a connection in no state") }
    }
}

extension KeptKey: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        key.encode(into: &state)
        state.encode(bits)
        state.encode(initialSequence)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self.init(try FlowKey(from: &state))
        bits = try state.decode()
        initialSequence = try state.decode()
        guard bits < 8 else { throw state.invalid("a flow of no kind") }
    }
}

extension FlowState: StateValue, StateRecord where Attachment.Kept: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        attachment.encode(into: &state)
        tcp.encode(into: &state)
        state.encode(start)
        state.encode(last)
        state.encode(slice)
        pending.encode(into: &state)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        attachment = try Attachment.Kept(from: &state)
        tcp = try TCPState(from: &state)
        start = try state.decode()
        last = try state.decode()
        slice = try state.decode()
        pending = try PendingTraffic(from: &state)
        guard start <= last else { throw state.invalid("a flow that ends before it starts") }
    }
}

extension FlowTotals: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        fromLow.encode(into: &state)
        fromHigh.encode(into: &state)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        fromLow = try Traffic(from: &state)
        fromHigh = try Traffic(from: &state)
    }
}

extension FlowPacket: StateRecord {
    public func encode(into state: inout StateEncoder) {
        state.encode(time)
        key.encode(into: &state)
        state.encode(kind.rawValue)
        state.encode(tcpFlags)
        state.encode(fragment.rawValue)
        isFromHigh.encode(into: &state)
        hasPorts.encode(into: &state)
        isRevising.encode(into: &state)
        state.encode(wireBytes)
        state.encode(tcpSequence)
        state.encode(fragmentIdentification)
        state.encode(bytes)
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        self.init(DecodedPacket(wireBytes: 0), time: try state.decode())
        key = try FlowKey(from: &state)
        guard let kind = DecodedPacket.Kind(rawValue: try state.decode()) else {
            throw state.invalid("a packet of no kind")
        }
        self.kind = kind
        tcpFlags = try state.decode()
        guard let fragment = DecodedPacket.Fragment(rawValue: try state.decode()) else {
            throw state.invalid("a fragment of no kind")
        }
        self.fragment = fragment
        isFromHigh = try Bool(from: &state)
        hasPorts = try Bool(from: &state)
        isRevising = try Bool(from: &state)
        wireBytes = try state.decode()
        let sequence = try state.decode(UInt32.self)
        let identification = try state.decode(UInt32.self)
        number = fragment == .whole ? sequence : identification
        let bytes = try state.decode(UInt64.self)
        guard bytes < 1 << 33 else { throw state.invalid("a packet of \(bytes) bytes") }
        self.bytes = bytes
    }
}
