extension RunningFold {
    /// Makes `order` the keys of which the window holds something, in order. O(keys that came · log + keys), and O(1)
    /// where none came or went.
    @inlinable mutating func putInOrder() {
        let gone = removeEmptied()
        let entries = table.unsafeEntries
        if gone {
            order.removeAll { entries[Int($0.identifier)].value.slices < 0 }
            arrivals.places.removeAll { entries[Int($0.identifier)].value.slices < 0 }
        }
        guard !arrivals.places.isEmpty else { return }
        arrivals.sortByPrefix()
        arrivals.sortTies { entries[Int($0.identifier)].key < entries[Int($1.identifier)].key }
        mergeArrivals()
        arrivals.places.removeAll(keepingCapacity: true)
    }

    /// Removes the keys of which the window holds nothing; they are marked by a negative number of slices until their
    /// entries are used again. False where there are none.
    @inlinable mutating func removeEmptied() -> Bool {
        var gone = false
        for identifier in emptied {
            let entry = table[Int(identifier)]
            entry.pointee.value.isEmptied = false
            guard entry.pointee.value.slices == 0 else { continue }
            entry.pointee.value.slices = -1
            table.remove(Int(identifier), hash: entry.pointee.key.shortHash)
            gone = true
        }
        emptied.removeAll(keepingCapacity: true)
        return gone
    }

    /// Merges the sorted arrivals into `order`, from the last one on: what is before the first stays as it is.
    @inlinable mutating func mergeArrivals() {
        let entries = table.unsafeEntries
        var old = order.count - 1
        var new = arrivals.places.count - 1
        order.append(contentsOf: arrivals.places)
        arrivals.places.withUnsafeBufferPointer { arrivals in
            order.withUnsafeMutableBufferPointer { order in
                var target = order.count - 1
                while new >= 0 {
                    let arrival = arrivals[new]
                    if old >= 0,
                        order[old].prefix != arrival.prefix
                            ? order[old].prefix > arrival.prefix
                            : entries[Int(order[old].identifier)].key > entries[Int(arrival.identifier)].key
                    {
                        order[target] = order[old]
                        old -= 1
                    } else {
                        order[target] = arrival
                        new -= 1
                    }
                    target -= 1
                }
            }
        }
    }
}
