/// How many different elements there are, exactly.
@frozen public struct DistinctCount<Input: StreamKey>: InvertibleAggregate {
    @inlinable public init() {}
    @inlinable @inline(__always)
    public func makeAccumulator() -> DistinctItems<Input> { DistinctItems() }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout DistinctItems<Input>) { accumulator.insert(input) }
    @inlinable public func merge(_ later: DistinctItems<Input>, into accumulator: inout DistinctItems<Input>) {
        var later = later
        accumulator.merge(&later)
    }
    @inlinable public func remove(_ earlier: DistinctItems<Input>, from accumulator: inout DistinctItems<Input>) {
        var earlier = earlier
        accumulator.subtract(&earlier)
    }
    @inlinable @inline(__always)
    public func result(of accumulator: DistinctItems<Input>) -> Int { accumulator.count }
    @inlinable @inline(__always)
    public func resultInPlace(of accumulator: inout DistinctItems<Input>) -> Int { accumulator.count }
    @inlinable @inline(__always)
    public func mergeInPlace(_ later: inout DistinctItems<Input>, into accumulator: inout DistinctItems<Input>) {
        accumulator.merge(&later)
    }
    @inlinable @inline(__always)
    public func subtract(_ earlier: inout DistinctItems<Input>, from accumulator: inout DistinctItems<Input>) {
        accumulator.subtract(&earlier)
    }
    @inlinable @inline(__always)
    public func reset(_ accumulator: inout DistinctItems<Input>) { accumulator.removeAll() }

    // Slices and the windows made of them have columns in place of accumulators.

    @inlinable @inline(__always)
    public var rows: InColumns<Input> { InColumns() }
    @inlinable @inline(__always)
    public func add(_ input: Input, to columns: SliceItems<Input>, row: Int) { columns.insert(input, row: row) }
    @inlinable @inline(__always)
    public func addLate(
        _ input: Input, to columns: SliceItems<Input>, row: Int, number: Int, in window: WindowItems<Input>
    ) { columns.insertLate(input, row: row, number: number, in: window) }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, in columns: SliceItems<Input>, row: Int) {
        columns.prefetch(input, row: row)
    }
    @inlinable @inline(__always)
    public func result(of row: inout NothingStacked, number: Int, in window: WindowItems<Input>) -> Int {
        window.count(number)
    }
    @inlinable @inline(__always)
    public func result(
        of row: inout NothingStacked, behind front: inout NothingStacked, number: Int,
        in window: WindowItems<Input>
    ) -> Int { window.count(number) }
    @inlinable
    public func fold(of row: NothingStacked, number: Int, in columns: SliceItems<Input>) -> DistinctItems<Input> {
        var items = DistinctItems<Input>()
        columns.eachCluster(ofRow: number) { cluster, word in
            withUnsafePointer(to: word) { items.add(cluster, $0, planes: 1) }
        }
        return items
    }
    @inlinable
    public func row(of fold: DistinctItems<Input>, number: Int, into columns: SliceItems<Input>) -> NothingStacked {
        fold.eachCluster { cluster, words, planes in
            var items: UInt64 = 0
            for plane in 0..<planes { items |= words[plane] }
            _ = columns.insert(number, cluster, items)
        }
        return NothingStacked()
    }

    // Folds that come and go one by one have blocks of a pool.

    @inlinable @inline(__always)
    public func add(_ input: Input, to fold: inout ItemFold<Input>, in memory: ItemBlocks<Input>) {
        memory.insert(input, into: &fold)
    }
    @inlinable @inline(__always)
    public func prefetch(_ input: Input, for fold: inout ItemFold<Input>) { fold.prefetch(input) }
    @inlinable @inline(__always)
    public func result(of row: inout NothingStacked, beside fold: inout ItemFold<Input>) -> Int { fold.count }
    @inlinable @inline(__always)
    public func result(
        of row: inout NothingStacked, behind front: inout NothingStacked, beside fold: inout ItemFold<Input>
    ) -> Int { fold.count }
    @inlinable public func fold(of row: NothingStacked, beside fold: ItemFold<Input>) -> DistinctItems<Input> {
        var items = DistinctItems<Input>()
        fold.eachCluster { items.add($0, $1, planes: $2) }
        return items
    }
    @inlinable public func row(
        of fold: DistinctItems<Input>, beside rest: inout ItemFold<Input>, in memory: ItemBlocks<Input>
    ) -> NothingStacked {
        var memory = memory
        fold.eachCluster { rest.add($0, $1, planes: $2, in: &memory) }
        return NothingStacked()
    }
}

/// What lies in rows of an aggregate that is in columns: nothing.
@frozen public struct InColumns<Input>: InvertibleAggregate {
    @inlinable public init() {}
    @inlinable @inline(__always)
    public func makeAccumulator() -> NothingStacked { NothingStacked() }
    @inlinable @inline(__always)
    public func add(_ input: Input, to accumulator: inout NothingStacked) {}
    @inlinable @inline(__always)
    public func merge(_ later: NothingStacked, into accumulator: inout NothingStacked) {}
    @inlinable @inline(__always)
    public func remove(_ earlier: NothingStacked, from accumulator: inout NothingStacked) {}
    @inlinable @inline(__always)
    public func result(of accumulator: NothingStacked) {}
}
