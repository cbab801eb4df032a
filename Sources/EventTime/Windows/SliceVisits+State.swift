extension SliceVisits: StateValue {
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(last)
        state.encode(olderVisit)
        state.encode(recentVisits)
        isOpen.encode(into: &state)
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        let (last, older) = (try state.decode(Int64.self), try state.decode(Int64.self))
        let recent = try state.decode(UInt64.self)
        self.init(last: last, older: older, recent: recent, isOpen: try Bool(from: &state))
        guard isConsistent else { throw state.invalid("visits that cannot be") }
    }

    @usableFromInline var olderVisit: Int64 { older }
    @usableFromInline var recentVisits: UInt64 { recent }

    @usableFromInline init(last: Int64, older: Int64, recent: UInt64, isOpen: Bool) {
        self.init()
        (newest, self.older, self.recent, isUncounted) = (last, older, recent, isOpen)
    }

    /// The newest visit is shown as recent, no older one lies before time itself, and the one known beyond is no
    /// recent one.
    @usableFromInline var isConsistent: Bool {
        guard last > .min || recent != 0 else { return older == .min && !isOpen }
        let reach = Int64(63 - recent.leadingZeroBitCount)
        return recent & 1 == 1 && !last.subtractingReportingOverflow(reach).overflow
            && (older == .min || older <= last.saturatingAdd(-64))
    }
}
