public import EventTime
public import Flows

// What the windows keep, field by field.

extension HostKey: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(high)
        state.encode(low)
        state.encode(family)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self.init(high: try state.decode(), low: try state.decode(), family: try state.decode())
        guard family == 4 || family == 6 || family == 255 else {
            throw state.invalid("a host of family \(family)")
        }
    }
}

extension HostTraffic: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        sent.encode(into: &state)
        received.encode(into: &state)
        state.encode(flowsBegan)
        state.encode(flowsEnded)
        state.encode(flowsStarted)
        state.encode(peersBegan)
        state.encode(peersEnded)
        state.encode(admittedGroups)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        sent = try Traffic(from: &state)
        received = try Traffic(from: &state)
        flowsBegan = try state.decode()
        flowsEnded = try state.decode()
        flowsStarted = try state.decode()
        peersBegan = try state.decode()
        peersEnded = try state.decode()
        admittedGroups = try state.decode()
    }
}

extension TotalKey: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {}
    @inlinable public init(from state: inout StateDecoder) throws(StateError) { self.init() }
}

extension TotalTraffic: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        ip.encode(into: &state)
        nonIP.encode(into: &state)
        malformed.encode(into: &state)
        state.encode(flowsBegan)
        state.encode(flowsEnded)
        state.encode(hostsBegan)
        state.encode(hostsEnded)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        ip = try Traffic(from: &state)
        nonIP = try Traffic(from: &state)
        malformed = try Traffic(from: &state)
        flowsBegan = try state.decode()
        flowsEnded = try state.decode()
        // Before the fifth form, hosts that are only counted had rows.
        guard state.version >= 5 else { return }
        hostsBegan = try state.decode()
        hostsEnded = try state.decode()
    }
}

extension CountedEnds: StateValue {
    @inlinable func encode(into state: inout StateEncoder) {
        state.encode(UInt8((lowIsOther ? 1 : 0) | (highIsOther ? 2 : 0)))
    }

    @inlinable init(from state: inout StateDecoder) throws(StateError) {
        let bits = try state.decode(UInt8.self)
        guard bits < 4 else { throw state.invalid("ends counted \(bits)") }
        self.init()
        lowIsOther = bits & 1 != 0
        highIsOther = bits & 2 != 0
    }
}

extension FlowVisits.Kept: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(last)
        state.encode(recent)
        state.encode(serial)
        countsAsPeer.encode(into: &state)
    }

    /// Rows are looked up again.
    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        let (last, recent) = (try state.decode(Int64.self), try state.decode(UInt64.self))
        self.init(serial: try state.decode())
        (self.last, self.recent) = (last, recent)
        countsAsPeer = try Bool(from: &state)
        guard serial != 0 else { throw state.invalid("a flow without a number") }
        let visits = SliceVisits(last: last, older: .min, recent: recent, isOpen: false)
        guard visits.isConsistent else { throw state.invalid("visits that cannot be") }
    }
}

extension FlowVisits.Beside: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(older)
        state.encode(check)
        state.encode(pair)
        state.encode(pairSerial)
        ends.encode(into: &state)
        isOpen.encode(into: &state)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        self.init()
        older = try state.decode()
        check = try state.decode()
        pair = try state.decode()
        pairSerial = try state.decode()
        ends = try CountedEnds(from: &state)
        isOpen = try Bool(from: &state)
        guard pair >= -1, pair == -1 || pairSerial != 0 else { throw state.invalid("a pair without a number") }
    }
}

extension FlowVisits: EarlierFlowAttachment {
    @inlinable public init(earlierFrom state: inout StateDecoder) throws(StateError) {
        let visits = try SliceVisits(from: &state)
        let check = try state.decode(Int64.self)
        // The slice of its start, which follows from the time of its start.
        _ = try state.decode(Int64.self)
        self.init(serial: try state.decode())
        self.visits = visits
        self.check = check
        pair = try state.decode()
        pairSerial = try state.decode()
        ends = try CountedEnds(from: &state)
        countsAsPeer = try Bool(from: &state)
        guard serial != 0, pair >= -1, pair == -1 || pairSerial != 0 else {
            throw state.invalid("a flow or a pair without a number")
        }
    }
}

extension HostPair: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(lowHigh)
        state.encode(lowLow)
        state.encode(highHigh)
        state.encode(highLow)
        state.encode(family)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        let (lowHigh, lowLow) = (try state.decode(UInt64.self), try state.decode(UInt64.self))
        let (highHigh, highLow) = (try state.decode(UInt64.self), try state.decode(UInt64.self))
        let family = try state.decode(UInt8.self)
        guard family == 4 || family == 6 else { throw state.invalid("a pair of family \(family)") }
        self.init(
            low: HostKey(high: lowHigh, low: lowLow, family: family),
            high: HostKey(high: highHigh, low: highLow, family: family))
    }
}

extension PairVisits: StateRecord {
    @inlinable public func encode(into state: inout StateEncoder) {
        visits.encode(into: &state)
        state.encode(check)
        state.encode(serial)
        ends.encode(into: &state)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        let visits = try SliceVisits(from: &state)
        let check = try state.decode(Int64.self)
        self.init(serial: try state.decode())
        self.visits = visits
        self.check = check
        ends = try CountedEnds(from: &state)
        guard serial != 0 else { throw state.invalid("a pair without a number") }
    }
}

extension SliceLists: StateValue where Element: StateRecord {
    func encode(into state: inout StateEncoder) {
        state.encode(UInt64(lists.count))
        for list in lists {
            state.encode(list.slice)
            var place = 0
            state.encodeRecords(list.elements.count) { rows in
                list.elements[place].encode(into: &rows)
                place += 1
            }
        }
    }

    init(from state: inout StateDecoder) throws(StateError) {
        var lists: [List] = []
        for _ in 0..<(try state.decodeCount(elementSize: 16)) {
            var list = List(slice: try state.decode(Int64.self))
            try state.decode(try state.decodeRecords()) { rows throws(StateError) in
                list.elements.append(try Element(from: &rows))
            }
            guard lists.last.map({ $0.slice < list.slice }) ?? true else {
                throw state.invalid("the list of slice \(list.slice) is out of order")
            }
            lists.append(list)
        }
        self.init(lists)
    }
}

extension VisitCheck: StateRecord {
    func encode(into state: inout StateEncoder) {
        state.encode(group)
        state.encode(identifier)
        state.encode(serial)
    }

    init(from state: inout StateDecoder) throws(StateError) {
        self.init(group: try state.decode(), identifier: try state.decode(), serial: try state.decode())
    }
}

extension FlowDeparture: StateRecord {
    func encode(into state: inout StateEncoder) {
        state.encode(lowNumber)
        state.encode(highNumber)
        countsAsPeer.encode(into: &state)
    }

    init(from state: inout StateDecoder) throws(StateError) {
        self.init(
            lowNumber: try state.decode(), highNumber: try state.decode(), countsAsPeer: try Bool(from: &state))
    }
}

extension VisitChecks {
    /// Throws unless each check is of an identifier that its group has handed out.
    func validate(bounds: [Int], _ state: borrowing StateDecoder) throws(StateError) {
        for check in lists.lazy.flatMap(\.elements) {
            guard bounds.indices.contains(Int(check.group)), check.serial != 0, check.identifier >= 0,
                Int(check.identifier) < bounds[Int(check.group)]
            else { throw state.invalid("a check of what is not there") }
        }
    }
}
