/// Bounds the hosts of a slice: the first `limit` to come get rows of their own, the others share one.
///
/// Each key group admits its own share, and a row remembers which groups it was admitted for, so who gets a row does
/// not depend on which worker holds which groups.
struct HostAdmission {
    private let limitPerGroup: Int
    private let groupCount: Int
    private var admitted: [Int64: [Int]] = [:]

    init(maximumHosts: Int, groupCount: Int) {
        limitPerGroup = max(1, maximumHosts / groupCount)
        self.groupCount = groupCount
    }

    /// Whether a host that `group` has no row for may get one in `slice`; it is counted if so.
    mutating func admit(slice: Int64, group: Int) -> Bool {
        let count = admitted[slice]?[group] ?? 0
        guard count < limitPerGroup else { return false }
        admitted[slice, default: Array(repeating: 0, count: groupCount)][group] = count + 1
        return true
    }

    mutating func forget(before floor: Int64) {
        if admitted.keys.contains(where: { $0 < floor }) { admitted = admitted.filter { $0.key >= floor } }
    }
}
