extension SliceVisits: StateRecord {
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

    /// The newest visit that ``recentVisits`` do not show; `Int64.min` for none.
    @inlinable public var olderVisit: Int64 { older }
    /// Bit `i`: slice `last - i` was visited.
    @inlinable public var recentVisits: UInt64 { recent }

    /// Visits as their parts tell them, which may be kept apart: the newest, the newest that `recent` does not show, the
    /// last 64 slices by bit from the newest on, and whether the end of the newest chain is still to be counted.
    @inlinable public init(last: Int64, older: Int64, recent: UInt64, isOpen: Bool) {
        self.init()
        (self.last, self.older, self.recent, self.isOpen) = (last, older, recent, isOpen)
    }

    /// The newest visit is shown as recent, no older one lies before time itself, and the one known beyond is no
    /// recent one.
    public var isConsistent: Bool {
        guard last > .min || recent != 0 else { return older == .min && !isOpen }
        let reach = Int64(63 - recent.leadingZeroBitCount)
        return recent & 1 == 1 && !last.subtractingReportingOverflow(reach).overflow
            && (older == .min || older <= last.saturatingAdd(-64))
    }
}
