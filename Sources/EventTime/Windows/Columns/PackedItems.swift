/// What the rows of a slice have, cluster by cluster.
@usableFromInline protocol RowClusters<Item>: ~Copyable {
    associatedtype Item
    var count: Int { get }
    /// Calls `body` with each cluster of each row and its items.
    func eachCluster(_ body: (_ row: Int, _ cluster: Item, _ items: UInt64) -> Void)
}

/// Which items the rows of a complete slice have, in one block that is read from end to end: what enters the window, and
/// what leaves it. In the order of the table they come from.
///
/// Of most clusters a row has one item, whose place fits beside the row's number. So the items of a slice take a third
/// of what they took in its table.
@usableFromInline struct PackedItems<Item: StreamKey>: RowClusters, ~Copyable {
    /// A single item of a cluster.
    @usableFromInline struct Single {
        /// The row, and the item's place in six bits.
        @usableFromInline var tag: UInt32
        @usableFromInline var cluster: Item

        @inlinable @inline(__always)
        static func tag(_ row: UInt32, _ place: Int) -> UInt32 {
            row &<< 6 | UInt32(truncatingIfNeeded: place & 63)
        }
        /// Rows from this one on leave no room for a place.
        @inlinable @inline(__always)
        static var rowBound: UInt32 { 1 << 26 }
    }

    /// Two items of a cluster, or more.
    @usableFromInline struct Several {
        @usableFromInline var row: UInt32
        @usableFromInline var cluster: Item
        @usableFromInline var items: UInt64
    }

    /// Some clusters with several items, then some single items. `nil` before there are any.
    @usableFromInline var block: UnsafeMutableRawPointer?
    @usableFromInline var memory: SliceMemory?
    @usableFromInline var severalCount = 0
    @usableFromInline var singleCount = 0

    @inlinable init() {}

    @inlinable deinit {
        guard let block, let memory else { return }
        if !_isPOD(Item.self) {
            severals(block).deinitialize(count: severalCount)
            singles(block).deinitialize(count: singleCount)
        }
        memory.give(block, byteCount: byteCount)
    }

    /// Clusters of all rows.
    @inlinable var count: Int { severalCount + singleCount }

    @inlinable var severalsByteCount: Int { severalCount &* MemoryLayout<Several>.stride }
    @inlinable var byteCount: Int { severalsByteCount &+ singleCount &* MemoryLayout<Single>.stride }

    @inlinable @inline(__always)
    func severals(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Several> {
        block.assumingMemoryBound(to: Several.self)
    }

    @inlinable @inline(__always)
    func singles(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Single> {
        (block + severalsByteCount).assumingMemoryBound(to: Single.self)
    }

    /// Calls `body` with each cluster of each row and its items. O(clusters).
    @inlinable @inline(__always)
    func eachCluster(_ body: (_ row: Int, _ cluster: Item, _ items: UInt64) -> Void) {
        guard let block else { return }
        let severals = severals(block)
        for place in 0..<severalCount {
            body(Int(severals[place].row), severals[place].cluster, severals[place].items)
        }
        let singles = singles(block)
        for place in 0..<singleCount {
            let tag = singles[place].tag
            body(Int(tag &>> 6), singles[place].cluster, 1 &<< UInt64(tag & 63))
        }
    }

    /// Takes all of a table, which is empty then. `scratch` is kept for the next time. O(slots).
    @inlinable @inline(never)
    init(
        taking slots: inout ItemSlots<Item>, scratch: inout ReusableMemory<UInt64>, in memory: SliceMemory
    ) {
        // Each slot is written to both, and counts where it belongs, if it holds anything: no branch to be guessed.
        let most = slots.used + 1
        let severalsBytes = (most * MemoryLayout<Several>.stride + 63) / 64 * 64
        scratch.reserve((severalsBytes + most * MemoryLayout<Single>.stride + 7) / 8)
        let severals = UnsafeMutableRawPointer(scratch.start)
        let singles = severals + severalsBytes
        var (several, single) = (severals, singles)
        for place in 0...slots.mask {
            let slot = slots[place]
            let (mark, items) = (slot.mark.pointee, slot.words.pointee)
            let row = mark &- 1
            several.storeBytes(of: row, as: UInt32.self)
            Self.move(slot, to: several)
            several.storeBytes(of: items, toByteOffset: ItemSlots<Item>.wordsOffset, as: UInt64.self)
            single.storeBytes(of: Single.tag(row, items.trailingZeroBitCount), as: UInt32.self)
            Self.move(slot, to: single)
            let isUsed = mark == 0 ? 0 : 1
            let isSingle = items & (items &- 1) == 0 && row < Single.rowBound ? 1 : 0
            several += isUsed & ~isSingle &* MemoryLayout<Several>.stride
            single += isUsed & isSingle &* MemoryLayout<Single>.stride
            slot.mark.pointee = 0
            slot.words.pointee = 0
        }
        severalCount = (several - severals) / MemoryLayout<Several>.stride
        singleCount = (single - singles) / MemoryLayout<Single>.stride
        slots.shrink()
        let block = memory.take(byteCount: byteCount)
        self.block = block
        self.memory = memory
        block.copyMemory(from: severals, byteCount: severalsByteCount)
        (block + severalsByteCount).copyMemory(from: singles, byteCount: byteCount - severalsByteCount)
    }

    /// Copies the bytes of a cluster to where both kinds have theirs, as slots do.
    @inlinable @inline(__always)
    static func move(_ slot: ItemSlots<Item>.Slot, to target: UnsafeMutableRawPointer) {
        (target + ItemSlots<Item>.clusterOffset).copyMemory(from: slot.cluster, byteCount: MemoryLayout<Item>.size)
    }
}
