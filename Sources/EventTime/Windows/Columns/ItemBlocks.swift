public import CPrefetch

/// The items of folds that come and go one by one, in blocks of one pool.
@frozen public struct ItemBlocks<Item: StreamKey>: FoldMemory {
    public typealias Fold = ItemFold<Item>

    @usableFromInline let pool: UnsafeMutablePointer<BlockPool>

    /// The names of items in blocks may have memory of their own.
    @inlinable public static var isOwing: Bool { !_isPOD(Item.self) }

    @inlinable public init() {
        pool = .allocate(capacity: 1)
        pool.initialize(to: BlockPool())
    }

    @inlinable public func release() {
        pool.deinitialize(count: 1)
        pool.deallocate()
    }

    @inlinable @inline(__always)
    public func makeFold() -> ItemFold<Item> { ItemFold() }

    @inlinable @inline(__always)
    func insert(_ item: Item, into fold: inout ItemFold<Item>) {
        var memory = self
        fold.insert(item, in: &memory)
    }

    @inlinable @inline(__always)
    public func reset(_ fold: inout ItemFold<Item>) {
        if let slots = fold.slots { give(slots) }
        fold = ItemFold()
    }

    @inlinable public func merge(_ later: inout ItemFold<Item>, into fold: inout ItemFold<Item>) {
        var memory = self
        fold.merge(later, in: &memory)
    }

    @inlinable public func subtract(_ earlier: inout ItemFold<Item>, from fold: inout ItemFold<Item>) {
        fold.subtract(earlier)
    }

    /// The slots in use, one behind the other: not to be looked up in.
    @inlinable public func pack(_ fold: inout ItemFold<Item>) -> ItemFold<Item> {
        var packed = fold
        defer { fold.clear() }
        guard let slots = fold.slots, fold.used > 0 else {
            packed.table = nil
            if fold.table != nil { packed.word = 0 }
            return packed
        }
        let shape = DistinctSlots<Item>.Shape(capacity: Int(fold.used), planes: slots.shape.planes)
        let words = take(shape)
        let target = DistinctSlots<Item>(words, shape)
        var place = 0
        slots.eachUsed { slot in
            target.name(place).initialize(to: slots.name(slot).pointee)
            target.words(at: place).update(from: slots.words(at: slot), count: shape.planes)
            place &+= 1
        }
        packed.table = words
        packed.word = shape.packed
        return packed
    }

    @inlinable @inline(__always)
    public func prefetch(_ fold: borrowing ItemFold<Item>) {
        guard let slots = fold.slots else { return }
        let byteCount = slots.shape.wordCount &* 8
        var offset = 0
        while offset < min(byteCount, 1024) {
            prefetchForWriting(slots.base + offset)
            offset &+= 64
        }
    }
}

extension ItemBlocks: ItemMemory {
    @inlinable func replace(
        _ old: DistinctSlots<Item>?, with shape: DistinctSlots<Item>.Shape, fill: (DistinctSlots<Item>) -> Void
    ) -> UnsafeMutablePointer<UInt64> {
        let words = take(shape)
        words.update(repeating: 0, count: shape.wordCount)
        fill(DistinctSlots(words, shape))
        if let old { give(old) }
        return words
    }

    @inlinable @inline(__always)
    func take(_ shape: DistinctSlots<Item>.Shape) -> UnsafeMutablePointer<UInt64> {
        pool.pointee.take(byteCount: shape.wordCount &* 8)
            .bindMemory(to: UInt64.self, capacity: shape.wordCount)
    }

    @inlinable @inline(__always)
    func give(_ slots: DistinctSlots<Item>) {
        if !_isPOD(Item.self) { slots.deinitialize() }
        pool.pointee.give(slots.base, byteCount: slots.shape.wordCount &* 8)
    }
}
