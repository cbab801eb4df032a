extension StateDecoder {
    /// How often something happened: low enough that counting on does not overflow.
    @inlinable public mutating func decodeCounter() throws(StateError) -> UInt64 {
        let count = try decode(UInt64.self)
        guard count < 1 << 62 else { throw invalid("a count of \(count)") }
        return count
    }

    /// One of the numbers 0 ..< `bound`.
    @inlinable public mutating func decodeIndex(below bound: Int) throws(StateError) -> Int {
        let index = try decode(UInt32.self)
        guard index < bound else { throw invalid("\(index) where there are only \(bound)") }
        return Int(index)
    }

    /// Throws unless a part of the state begins with this number: its layout's version, or what it is about.
    public mutating func expect(_ number: UInt32, _ what: String) throws(StateError) {
        let found = try decode(UInt32.self)
        guard found == number else { throw invalid("\(what) \(found), not \(number)") }
    }
}
