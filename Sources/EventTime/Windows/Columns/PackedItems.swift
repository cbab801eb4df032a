/// What the rows of a slice have, cluster by cluster.
@usableFromInline protocol RowClusters<Item>: ~Copyable {
    associatedtype Item
    /// Calls `body` with each cluster of each row and its items.
    func eachCluster(_ body: (_ row: Int, _ cluster: Item, _ items: UInt64) -> Void)
}

/// Which items the rows of a complete slice have, row by row, in one block that is read from end to end: what enters the
/// window, and what leaves it.
///
/// Most of what a row has of a cluster is one item, which stands for itself; only where it is more there are a name and
/// a word. So the items of a slice take a quarter of what they took in its table.
@usableFromInline struct PackedItems<Item: StreamKey>: RowClusters, ~Copyable {
    /// Two items of a row that are neighbours, or more.
    @usableFromInline struct Cluster {
        @usableFromInline var name: Item
        @usableFromInline var word: UInt64

        @inlinable init(_ name: Item, _ word: UInt64) { (self.name, self.word) = (name, word) }
    }

    /// How many single items, and how many clusters, come next, and whether they are of another row than those before.
    @usableFromInline struct Header: BitwiseCopyable {
        @usableFromInline var bits: UInt16

        @inlinable static var mostSingles: Int { 0xFF }
        @inlinable static var mostClusters: Int { 0x7F }

        @inlinable @inline(__always)
        init(singles: Int, clusters: Int, isNewRow: Bool) {
            bits = UInt16(truncatingIfNeeded: singles | clusters << 8 | (isNewRow ? 1 << 15 : 0))
        }

        @inlinable @inline(__always)
        var singles: Int { Int(bits & 0xFF) }
        @inlinable @inline(__always)
        var clusters: Int { Int(bits >> 8 & 0x7F) }
        @inlinable @inline(__always)
        var startsRow: Int { Int(bits >> 15) }

        /// Headers of a row.
        @inlinable @inline(__always)
        static func count(singles: Int, clusters: Int) -> Int {
            singles <= mostSingles && clusters <= mostClusters
                ? 1 : max((singles - 1) / mostSingles, (clusters - 1) / mostClusters) + 1
        }
    }

    /// Clusters, then single items, then headers. `nil` before there are any.
    @usableFromInline var block: UnsafeMutableRawPointer?
    @usableFromInline var memory: SliceMemory?
    @usableFromInline var clusterCount = 0
    @usableFromInline var singleCount = 0
    @usableFromInline var headerCount = 0

    @inlinable init() {}

    @inlinable deinit {
        guard let block, let memory else { return }
        if !_isPOD(Item.self) {
            clusters(block).deinitialize(count: clusterCount)
            singles(block).deinitialize(count: singleCount)
        }
        memory.give(block, byteCount: byteCount)
    }

    // MARK: Layout

    @inlinable @inline(__always)
    func clusters(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Cluster> {
        block.assumingMemoryBound(to: Cluster.self)
    }

    @inlinable @inline(__always)
    func singles(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Item> {
        (block + clusterCount &* MemoryLayout<Cluster>.stride).assumingMemoryBound(to: Item.self)
    }

    @inlinable var headersOffset: Int {
        let end = clusterCount &* MemoryLayout<Cluster>.stride &+ singleCount &* MemoryLayout<Item>.stride
        return (end &+ 1) & ~1
    }

    @inlinable @inline(__always)
    func headers(_ block: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Header> {
        (block + headersOffset).assumingMemoryBound(to: Header.self)
    }

    @inlinable var byteCount: Int { headersOffset &+ headerCount &* MemoryLayout<Header>.stride }

    /// Calls `body` with each cluster of each row and its items, row by row. O(clusters and rows).
    @inlinable @inline(__always)
    func eachCluster(_ body: (_ row: Int, _ cluster: Item, _ items: UInt64) -> Void) {
        guard let block else { return }
        var (single, cluster, row) = (singles(block), clusters(block), -1)
        let headers = headers(block)
        for place in 0..<headerCount {
            let header = headers[place]
            row &+= header.startsRow
            for _ in 0..<header.singles {
                let item = single.pointee
                body(row, item.cluster, 1 &<< UInt64(truncatingIfNeeded: item.placeInCluster))
                single += 1
            }
            for _ in 0..<header.clusters {
                body(row, cluster.pointee.name, cluster.pointee.word)
                cluster += 1
            }
        }
    }

    // MARK: Packing

    /// Where the next single item, or cluster, of a row goes: what `starts` holds for each row, in two halves.
    @usableFromInline static var oneCluster: UInt64 { 1 << 32 }

    /// Takes all of a table, which is empty then. `starts` is scratch space, a place for each row and one more.
    /// O(slots and rows).
    @inlinable @inline(never)
    init(
        taking slots: inout ItemSlots<Item>, starts: UnsafeMutableBufferPointer<UInt64>, in memory: SliceMemory
    ) {
        // Empty slots count for a row before the first.
        starts.update(repeating: 0)
        for place in 0...slots.mask {
            let slot = slots[place]
            let items = slot.words.pointee
            starts[Int(slot.mark.pointee)] &+= items & (items &- 1) == 0 ? 1 : Self.oneCluster
        }
        for row in 1..<starts.count {
            let (singles, clusters) = Self.counts(starts[row])
            singleCount &+= singles
            clusterCount &+= clusters
            headerCount &+= Header.count(singles: singles, clusters: clusters)
        }
        let block = memory.take(byteCount: byteCount)
        self.block = block
        self.memory = memory
        writeHeaders(block, starts)
        let (singles, clusters) = (singles(block), clusters(block))
        for place in 0...slots.mask {
            let slot = slots[place]
            guard !slot.isEmpty else { continue }
            let (row, items) = (Int(slot.mark.pointee), slot.words.pointee)
            let (single, cluster) = Self.counts(starts[row])
            if items & (items &- 1) == 0 {
                let item = slot.cluster.pointee.clusterMember(at: items.trailingZeroBitCount)
                (singles + single).initialize(to: item)
                slot.cluster.deinitialize(count: 1)
                starts[row] &+= 1
            } else {
                (clusters + cluster).initialize(to: Cluster(slot.cluster.move(), items))
                starts[row] &+= Self.oneCluster
            }
            slot.mark.pointee = 0
            slot.words.pointee = 0
        }
        slots.shrink()
    }

    @inlinable @inline(__always)
    static func counts(_ start: UInt64) -> (singles: Int, clusters: Int) {
        (Int(start & 0xFFFF_FFFF), Int(start >> 32))
    }

    /// Writes the headers of rows, of which `starts` says what they have, and makes it say where that goes.
    @inlinable func writeHeaders(_ block: UnsafeMutableRawPointer, _ starts: UnsafeMutableBufferPointer<UInt64>) {
        var header = headers(block)
        var sum: UInt64 = 0
        for row in 1..<starts.count {
            var (singles, clusters) = Self.counts(starts[row])
            (starts[row], sum) = (sum, sum &+ starts[row])
            var isNewRow = true
            repeat {
                let (first, second) = (min(singles, Header.mostSingles), min(clusters, Header.mostClusters))
                header.initialize(to: Header(singles: first, clusters: second, isNewRow: isNewRow))
                header += 1
                singles -= first
                clusters -= second
                isNewRow = false
            } while singles > 0 || clusters > 0
        }
    }
}
