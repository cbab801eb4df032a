public import CPrefetch

/// The full slices of all keys of a ``CountWindowOperator`` in one flat array.
@usableFromInline struct CountedSlices<Function: Aggregate>: ~Copyable {
    @usableFromInline typealias Folds = FoldStore<Function>

    /// A full slice of a key.
    @usableFromInline struct Node {
        /// In front of the boundary the next newer slice, behind it the next older one; or the next free node.
        @usableFromInline var next: Int32 = -1
        @usableFromInline var fold: Folds.Fold
        /// In front of the boundary: the fold from here up to it.
        @usableFromInline var suffix: Function.Rows.Stacked

        @inlinable init(fold: Folds.Fold, suffix: Function.Rows.Stacked) {
            self.fold = fold
            self.suffix = suffix
        }
    }

    @usableFromInline var nodes: UnsafeMutablePointer<Node>
    @usableFromInline var capacity = 8
    /// Nodes ever made: those below are initialised, in use or free.
    @usableFromInline var bound = 0
    @usableFromInline var firstFree: Int32 = -1

    @inlinable init() {
        nodes = TableMemory.take(byteCount: 8 * MemoryLayout<Node>.stride).bindMemory(to: Node.self, capacity: 8)
    }

    @inlinable deinit {
        nodes.deinitialize(count: bound)
        TableMemory.give(nodes, byteCount: capacity * MemoryLayout<Node>.stride)
    }

    /// Good until the next node is taken.
    @inlinable @inline(__always)
    subscript(node: Int) -> UnsafeMutablePointer<Node> { nodes + node }

    /// A node whose fold has nothing beside its row, and an old row.
    @inlinable @inline(__always)
    mutating func take(_ folds: borrowing Folds) -> Int32 {
        let taken = firstFree
        guard taken >= 0 else { return make(folds) }
        firstFree = nodes[Int(taken)].next
        return taken
    }

    @inlinable @inline(never)
    mutating func make(_ folds: borrowing Folds) -> Int32 {
        precondition(bound < Int32.max, "more slices than 31 bits count")
        if bound == capacity {
            let stride = MemoryLayout<Node>.stride
            nodes = TableMemory.grow(nodes, from: capacity * stride, to: capacity * 2 * stride)
                .assumingMemoryBound(to: Node.self)
            capacity *= 2
        }
        var fold = folds.make()
        let suffix = folds.rows.stacked(&fold.row)
        (nodes + bound).initialize(to: Node(fold: fold, suffix: suffix))
        bound += 1
        return Int32(bound - 1)
    }

    /// Gives back a node that has nothing beside its row.
    @inlinable @inline(__always)
    mutating func give(_ node: Int32) {
        nodes[Int(node)].next = firstFree
        firstFree = node
    }

    /// Asks for a node's memory.
    @inlinable @inline(__always)
    func prefetch(_ node: Int32) {
        let start = UnsafeRawPointer(nodes + Int(node))
        var offset = 0
        while offset < MemoryLayout<Node>.stride {
            prefetchForWriting(start + offset)
            offset &+= 64
        }
    }
}
