/// How many different elements there were: exact up to a bound, a ``HyperLogLog`` beyond.
///
/// A function of the set of elements alone, as its registers are: neither order nor repetition nor merging changes
/// it. Below the bound it keeps the elements, one of them in place, so that a key with a single one costs no
/// allocation.
public struct DistinctSketch<Element: StreamKey>: MergeableSketch {
    /// Bounds there are for the exact count.
    public static var exactBounds: ClosedRange<Int> { 0...65_535 }

    @usableFromInline var bound: UInt16
    @usableFromInline var precisionOfRegisters: UInt8
    @usableFromInline var first: Element?
    /// Without ``first``, in the order in which they came.
    @usableFromInline var others: [Element] = []
    /// Where ``others`` are: open addressing, 16 bits of hash above the place + 1. Empty while there are few.
    @usableFromInline var slots: [UInt32] = []
    @usableFromInline var registers: HyperLogLog?

    /// Counts exactly up to `exactUpTo`, one of ``exactBounds``; beyond that with 2^`precision` bytes, `precision`
    /// one of ``HyperLogLog/precisions``.
    @inlinable public init(exactUpTo: Int = 1024, precision: Int = 14) {
        precondition(Self.exactBounds.contains(exactUpTo), "\(exactUpTo) is not in \(Self.exactBounds)")
        precondition(HyperLogLog.precisions.contains(precision), "precision \(precision)")
        bound = UInt16(exactUpTo)
        precisionOfRegisters = UInt8(precision)
    }

    /// Up to how many the count is exact.
    public var exactUpTo: Int { Int(bound) }

    /// Whether ``count`` is exact.
    public var isExact: Bool { registers == nil }

    /// How many different elements there were.
    @inlinable public var count: Int {
        if let registers { return registers.count }
        return first == nil ? 0 : others.count + 1
    }

    /// The standard deviation of ``count`` from the truth, relative to it: 0 where it is exact.
    public var standardError: Double { registers?.standardError ?? 0 }

    /// Takes an element in. O(1) expected.
    @inlinable public mutating func insert(_ element: Element) {
        guard registers == nil else {
            registers?.insert(hash: element.stableHash)
            return
        }
        if let first {
            if first != element { insertBesideFirst(element) }
        } else if bound > 0 {
            first = element
        } else {
            estimateFromNow()
            registers?.insert(hash: element.stableHash)
        }
    }

    @inlinable mutating func insertBesideFirst(_ element: Element) {
        if slots.isEmpty {
            for other in others where other == element { return }
            guard others.count + 1 < bound else { return insertBeyondBound(element) }
            others.append(element)
            if others.count > 8 { index(slots: 32) }
            return
        }
        let hash = element.stableHash
        let mask = slots.count - 1
        var position = Int(truncatingIfNeeded: hash) & mask
        let tag = UInt32(truncatingIfNeeded: hash >> 48) << 16
        while slots[position] != 0 {
            let slot = slots[position]
            if slot & 0xFFFF_0000 == tag, others[Int(slot & 0xFFFF) - 1] == element { return }
            position = (position + 1) & mask
        }
        guard others.count + 1 < bound else { return insertBeyondBound(element) }
        others.append(element)
        slots[position] = tag | UInt32(truncatingIfNeeded: others.count)
        if others.count * 2 > slots.count { index(slots: slots.count * 2) }
    }

    @usableFromInline mutating func insertBeyondBound(_ element: Element) {
        estimateFromNow()
        registers?.insert(hash: element.stableHash)
    }

    @usableFromInline mutating func index(slots size: Int) {
        slots = [UInt32](repeating: 0, count: size)
        for (place, element) in others.enumerated() {
            let hash = element.stableHash
            var position = Int(truncatingIfNeeded: hash) & (size - 1)
            while slots[position] != 0 { position = (position + 1) & (size - 1) }
            slots[position] = UInt32(truncatingIfNeeded: hash >> 48) << 16 | UInt32(place + 1)
        }
    }

    /// Gives up the elements for registers that have seen them.
    @usableFromInline mutating func estimateFromNow() {
        var taken = HyperLogLog(precision: Int(precisionOfRegisters))
        if let first { taken.insert(hash: first.stableHash) }
        for element in others { taken.insert(hash: element.stableHash) }
        (first, others, slots, registers) = (nil, [], [], taken)
    }

    /// Adds what the other one saw. Where their bounds or precisions differ, the lower ones hold.
    public mutating func merge(_ other: DistinctSketch) {
        bound = min(bound, other.bound)
        precisionOfRegisters = min(precisionOfRegisters, other.precisionOfRegisters)
        if registers == nil, other.registers != nil || count > bound { estimateFromNow() }
        if let theirs = other.registers { registers?.merge(theirs) }
        // Elements of one whose precision was higher are seen at this one's.
        if let mine = registers, mine.precision > Int(precisionOfRegisters) {
            registers?.merge(HyperLogLog(precision: Int(precisionOfRegisters)))
        }
        if let element = other.first { insert(element) }
        for element in other.others { insert(element) }
    }

    private var sortedElements: [Element] {
        var elements = others
        if let first { elements.append(first) }
        return elements.sorted()
    }

    public func encode(into state: inout StateEncoder) {
        state.encode(bound)
        isExact.encode(into: &state)
        if let registers {
            registers.encode(into: &state)
        } else {
            state.encode(precisionOfRegisters)
            sortedElements.encode(into: &state)
        }
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        let bound = try state.decode(UInt16.self)
        guard try Bool(from: &state) else {
            let registers = try HyperLogLog(from: &state)
            guard !registers.isEmpty else { throw state.invalid("an estimate of nothing") }
            self.init(exactUpTo: Int(bound), precision: registers.precision)
            self.registers = registers
            return
        }
        let precision = try state.decode(UInt8.self)
        guard HyperLogLog.precisions.contains(Int(precision)) else {
            throw state.invalid("\(precision) is no precision")
        }
        self.init(exactUpTo: Int(bound), precision: Int(precision))
        let count = try state.decodeCount(elementSize: 1)
        guard count <= bound else { throw state.invalid("\(count) elements above the bound of \(bound)") }
        var last: Element?
        for _ in 0..<count {
            let element = try Element(from: &state)
            if let last, !(last < element) { throw state.invalid("elements out of order") }
            insert(element)
            last = element
        }
    }
}

extension DistinctSketch: Equatable {
    public static func == (a: DistinctSketch, b: DistinctSketch) -> Bool {
        a.bound == b.bound && a.precisionOfRegisters == b.precisionOfRegisters && a.registers == b.registers
            && a.sortedElements == b.sortedElements
    }
}
