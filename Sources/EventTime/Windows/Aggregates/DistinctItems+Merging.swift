extension DistinctItems {
    /// Counts the folds of `other` in: each of its items is in as many more. O(clusters of `other`).
    @inlinable public mutating func merge(_ other: inout DistinctItems) {
        if table != nil { prepareToWrite() }
        other.eachCluster { add($0, $1, planes: $2) }
    }

    /// Takes away a fold that was merged in. O(clusters of `other`).
    @inlinable public mutating func subtract(_ other: inout DistinctItems) {
        if table != nil { prepareToWrite() }
        other.eachCluster { subtract($0, $1, planes: $2) }
    }

    /// Adds to the counts of a cluster's items. A table that is there is not shared.
    @inlinable mutating func add(_ cluster: Item, _ words: UnsafePointer<UInt64>, planes: Int) {
        if table == nil, planes == 1, word == 0 || first == cluster && word & words[0] == 0 {
            first = cluster
            word |= words[0]
            itemCount &+= words[0].nonzeroBitCount
            return
        }
        if table == nil { prepareToWrite() }
        var planes = planes
        while planes > 1, words[planes - 1] == 0 { planes -= 1 }
        while true {
            let slots = slots
            let place = slots.place(of: cluster)
            let present = place < 0 ? 0 : slots.items(at: place)
            let needed = present == 0 ? planes : Self.planes(of: slots, place, words, planes)
            if needed > slots.shape.planes {
                // By two, since one more fold may ask for the next.
                let wider = needed <= 2 ? needed : max(needed, slots.shape.planes + 2)
                resize(to: .init(capacity: slots.shape.capacity, planes: wider))
                continue
            }
            if present == 0 {
                let added = occupy(place, cluster)
                added.update(from: words, count: planes)
                var items: UInt64 = 0
                for plane in 0..<planes { items |= words[plane] }
                itemCount &+= items.nonzeroBitCount
            } else {
                Self.add(words, planes, to: slots.words(at: place), slots.shape.planes)
                itemCount &+= slots.items(at: place).nonzeroBitCount &- present.nonzeroBitCount
            }
            return
        }
    }

    /// How many planes the sums take: those of the slot, or more.
    @inlinable @inline(__always)
    static func planes(
        of slots: DistinctSlots<Item>, _ place: Int, _ words: UnsafePointer<UInt64>, _ planes: Int
    ) -> Int {
        let held = slots.words(at: place)
        let all = slots.shape.planes
        // Without a bit in the last plane nothing is carried out of it.
        if planes < all, held[all - 1] == 0 { return all }
        if planes > all { return planes + 1 }
        var carry: UInt64 = 0
        for plane in 0..<all {
            let (a, b) = (held[plane], plane < planes ? words[plane] : 0)
            carry = a & b | carry & (a ^ b)
        }
        return carry == 0 ? all : all + 1
    }

    @inlinable @inline(__always)
    static func add(
        _ words: UnsafePointer<UInt64>, _ planes: Int, to held: UnsafeMutablePointer<UInt64>, _ all: Int
    ) {
        var carry: UInt64 = 0
        var plane = 0
        while plane < all, plane < planes || carry != 0 {
            let (a, b) = (held[plane], plane < planes ? words[plane] : 0)
            held[plane] = a ^ b ^ carry
            carry = a & b | carry & (a ^ b)
            plane += 1
        }
    }

    /// Takes from the counts of a cluster's items, where it is there. A table that is there is not shared.
    @inlinable mutating func subtract(_ cluster: Item, _ words: UnsafePointer<UInt64>, planes: Int) {
        guard table != nil else {
            guard first == cluster else { return }
            itemCount &-= (word & words[0]).nonzeroBitCount
            word &= ~words[0]
            if word == 0 { first = nil }
            return
        }
        let slots = slots
        let place = slots.place(of: cluster)
        let present = place < 0 ? 0 : slots.items(at: place)
        guard present != 0 else { return }
        let held = slots.words(at: place)
        var borrow: UInt64 = 0
        var plane = 0
        while plane < slots.shape.planes, plane < planes || borrow != 0 {
            let (a, b) = (held[plane], plane < planes ? words[plane] : 0)
            held[plane] = a ^ b ^ borrow
            borrow = ~a & (b | borrow) | b & borrow
            plane += 1
        }
        let left = slots.items(at: place)
        itemCount &-= present.nonzeroBitCount &- left.nonzeroBitCount
        guard left == 0 else { return }
        slots.vacate(place)
        table?.withUnsafeMutablePointerToHeader { $0.pointee.used -= 1 }
    }
}

extension DistinctItems: StateValue {
    /// The items and in how many folds each is, in the order of the items.
    @inlinable var entries: [(item: Item, folds: Int64)] {
        var entries: [(item: Item, folds: Int64)] = []
        entries.reserveCapacity(count)
        eachCluster { cluster, words, planes in
            for place in 0..<64 {
                var folds: UInt64 = 0
                for plane in 0..<planes { folds |= (words[plane] >> UInt64(place) & 1) << UInt64(plane) }
                if folds != 0 {
                    entries.append((cluster.clusterMember(at: place), Int64(truncatingIfNeeded: folds)))
                }
            }
        }
        return entries.sorted { $0.item < $1.item }
    }

    /// In the order of the items.
    @inlinable public func encode(into state: inout StateEncoder) {
        state.encode(UInt64(count))
        for entry in entries {
            entry.item.encode(into: &state)
            state.encode(entry.folds)
        }
    }

    @inlinable public init(from state: inout StateDecoder) throws(StateError) {
        let count = try state.decodeCount(elementSize: 8)
        var last: Item?
        for _ in 0..<count {
            let item = try Item(from: &state)
            let folds: Int64 = try state.decode()
            guard folds > 0, last.map({ $0 < item }) ?? true else {
                throw state.invalid("items that are not counted")
            }
            add(item, folds: folds)
            last = item
        }
    }

    /// No window has more slices than 32 bits count; state that says so, as made-up state may, is not let have a word
    /// for each of 63 planes.
    @inlinable mutating func add(_ item: Item, folds: Int64) {
        let folds = UInt64(min(folds, Int64(UInt32.max)))
        let planes = 64 - folds.leadingZeroBitCount
        withUnsafeTemporaryAllocation(of: UInt64.self, capacity: planes) { words in
            for plane in 0..<planes {
                words.initializeElement(
                    at: plane, to: (folds >> UInt64(plane) & 1) << UInt64(truncatingIfNeeded: item.placeInCluster))
            }
            guard let base = words.baseAddress else { return }
            add(item.cluster, base, planes: planes)
        }
    }
}
