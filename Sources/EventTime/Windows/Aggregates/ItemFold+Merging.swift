extension ItemFold {
    /// Counts the folds of `other` in: each of its items is in as many more. O(clusters of `other`).
    @inlinable mutating func merge(_ other: borrowing ItemFold, in memory: inout some ItemMemory<Item>) {
        other.eachCluster { add($0, $1, planes: $2, in: &memory) }
    }

    /// Takes away a fold that was merged in. O(clusters of `other`).
    @inlinable mutating func subtract(_ other: borrowing ItemFold) {
        other.eachCluster { subtract($0, $1, planes: $2) }
    }

    /// Adds to the counts of a cluster's items.
    @inlinable mutating func add(
        _ cluster: Item, _ words: UnsafePointer<UInt64>, planes: Int, in memory: inout some ItemMemory<Item>
    ) {
        if table == nil, planes == 1, word == 0 || first == cluster && word & words[0] == 0 {
            first = cluster
            word |= words[0]
            count &+= words[0].nonzeroBitCount
            return
        }
        var planes = planes
        while planes > 1, words[planes &- 1] == 0 { planes &-= 1 }
        var slots = slots ?? resize(to: .first, in: &memory)
        while true {
            let place = slots.place(of: cluster)
            let present = place < 0 ? 0 : slots.items(at: place)
            let needed = present == 0 ? planes : slots.planes(at: place, with: words, planes)
            if needed > slots.shape.planes {
                // By two, since one more fold may ask for the next.
                let wider = needed <= 2 ? needed : max(needed, slots.shape.planes + 2)
                slots = resize(to: .init(capacity: slots.shape.capacity, planes: wider), in: &memory)
                continue
            }
            if present == 0 {
                let added = occupy(place, of: slots, cluster, in: &memory)
                added.update(from: words, count: planes)
                var items: UInt64 = 0
                for plane in 0..<planes { items |= words[plane] }
                count &+= items.nonzeroBitCount
            } else {
                let added = slots.add(words, planes, at: place)
                count &+= (added & ~present).nonzeroBitCount
            }
            return
        }
    }

    /// Takes from the counts of a cluster's items, where it is there.
    @inlinable mutating func subtract(_ cluster: Item, _ words: UnsafePointer<UInt64>, planes: Int) {
        guard let slots else {
            guard first == cluster else { return }
            count &-= (word & words[0]).nonzeroBitCount
            word &= ~words[0]
            if word == 0 { first = nil }
            return
        }
        let place = slots.place(of: cluster)
        let present = place < 0 ? 0 : slots.items(at: place)
        guard present != 0 else { return }
        slots.subtract(words, planes, at: place)
        let left = slots.items(at: place)
        count &-= present.nonzeroBitCount &- left.nonzeroBitCount
        guard left == 0 else { return }
        slots.vacate(place)
        used &-= 1
    }
}

// How many folds hold the items of a slot is written across its words.
extension DistinctSlots {
    /// How many planes the sums take: those of the slot, or more.
    @inlinable @inline(__always)
    func planes(at place: Int, with words: UnsafePointer<UInt64>, _ planes: Int) -> Int {
        let held = self.words(at: place)
        let all = shape.planes
        // Without a bit in the last plane nothing is carried out of it.
        if planes < all, held[all &- 1] == 0 { return all }
        if planes > all { return planes + 1 }
        var carry: UInt64 = 0
        for plane in 0..<all {
            let (a, b) = (held[plane], plane < planes ? words[plane] : 0)
            carry = a & b | carry & (a ^ b)
        }
        return carry == 0 ? all : all + 1
    }

    /// Adds to the slot's counts; nothing is carried out of the last plane. The items to whose counts was added.
    @inlinable @inline(__always)
    func add(_ words: UnsafePointer<UInt64>, _ planes: Int, at place: Int) -> UInt64 {
        let held = self.words(at: place)
        var (added, carry) = (UInt64.zero, UInt64.zero)
        var plane = 0
        while plane < shape.planes, plane < planes || carry != 0 {
            let (a, b) = (held[plane], plane < planes ? words[plane] : 0)
            held[plane] = a ^ b ^ carry
            carry = a & b | carry & (a ^ b)
            added |= b
            plane &+= 1
        }
        return added
    }

    /// Takes from the slot's counts.
    @inlinable @inline(__always)
    func subtract(_ words: UnsafePointer<UInt64>, _ planes: Int, at place: Int) {
        let held = self.words(at: place)
        var borrow: UInt64 = 0
        var plane = 0
        while plane < shape.planes, plane < planes || borrow != 0 {
            let (a, b) = (held[plane], plane < planes ? words[plane] : 0)
            held[plane] = a ^ b ^ borrow
            borrow = ~a & (b | borrow) | b & borrow
            plane &+= 1
        }
    }
}
