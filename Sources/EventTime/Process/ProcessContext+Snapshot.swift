/// How the state of a process function stands in checkpoints:
///
///     form 1 · watermark · processing time · states: count, then name, kind, version, type, clock of each
///     sections: count, then of each that has keys: number · length · keys, ascending
///         · of each state, by name: length · (place of the key, value)… · event-time timers · processing-time timers
///
/// A section has the keys whose hash falls into one of 128 equal parts. What stands there does not depend on the other
/// sections, so that any number of workers can read those that hold keys of theirs.
extension ProcessContext {
    private static var form: UInt32 { 1 }
    private static var sectionCount: Int { 128 }

    func snapshot(into state: inout StateEncoder) {
        state.encode(Self.form)
        state.encode(watermark)
        state.encode(processingTime)
        state.encode(UInt32(columns.columns.count))
        for column in columns.columns {
            column.declaration.name.encode(into: &state)
            column.form.encode(into: &state)
        }
        let eventTimes = eventTimers.timesBySlot(bound: slots.bound)
        let processingTimes = processingTimers.timesBySlot(bound: slots.bound)
        let sections = liveSlots()
        state.encode(UInt32(sections.count))
        for (section, members) in sections {
            var parts = [
                StateEncoder.bytes { part in
                    part.encode(UInt64(members.count))
                    for slot in members { slots.keys[slot].encode(into: &part) }
                }
            ]
            for column in columns.columns {
                parts.append(
                    Self.part(of: members) {
                        column.holds($0, clocks)
                    } encode: {
                        column.encode($0, clocks, into: &$1)
                    })
            }
            for times in [eventTimes, processingTimes] {
                parts.append(
                    Self.part(of: members) {
                        !times[$0].isEmpty
                    } encode: {
                        times[$0].encode(into: &$1)
                    })
            }
            state.encode(UInt32(section))
            state.encode(UInt64(parts.reduce(0) { $0 + 8 + $1.count }))
            for part in parts {
                state.encode(UInt64(part.count))
                part.withUnsafeBytes { state.encode(bytes: $0) }
            }
        }
    }

    private static func part(
        of members: [Int], where holds: (Int) -> Bool, encode: (Int, inout StateEncoder) -> Void
    ) -> [UInt8] {
        StateEncoder.bytes { part in
            for (place, slot) in members.enumerated() where holds(slot) {
                part.encode(UInt64(place))
                encode(slot, &part)
            }
        }
    }

    /// The slots of keys that have something, by section, in the order of keys.
    private borrowing func liveSlots() -> [(section: Int, slots: [Int])] {
        var sections: [[Int]] = Array(repeating: [], count: Self.sectionCount)
        for slot in 0..<slots.bound where slots.uses[slot] > 0 {
            sections[KeyGroups.group(ofHash: slots.hashes[slot], count: Self.sectionCount)].append(slot)
        }
        let keys = slots.keys
        return sections.enumerated().filter { !$0.element.isEmpty }.map { section, members in
            (section, members.sorted { keys[$0] < keys[$1] })
        }
    }

    mutating func restore(from state: inout StateDecoder, keeping groups: KeyGroups) throws(StateError) {
        guard try state.decode(UInt32.self) == Self.form else {
            throw state.invalid("no state of a process function")
        }
        try restoreClocks(watermark: try state.decode(), processingTime: try state.decode())
        let saved = try savedStates(from: &state)
        let count = try state.decode(UInt32.self)
        var before = -1
        for _ in 0..<count {
            let section = Int(try state.decode(UInt32.self))
            guard section > before, section < Self.sectionCount else {
                throw state.invalid("no section \(section)")
            }
            before = section
            let bytes = try state.decodeBytes(try state.decodeCount(elementSize: 1))
            guard Self.overlaps(section, groups) else { continue }
            var part = StateDecoder(bytes)
            try restore(section: section, keeping: groups, saved: saved, from: &part)
            try part.finish()
        }
    }

    /// Whether keys of the section may be of the groups: both are stretches of the range of hashes.
    private static func overlaps(_ section: Int, _ groups: KeyGroups) -> Bool {
        section * groups.count < groups.range.upperBound * sectionCount
            && groups.range.lowerBound * sectionCount < (section + 1) * groups.count
    }

    private mutating func restoreClocks(watermark: Nanoseconds, processingTime: Nanoseconds) throws(StateError) {
        guard self.watermark == .min || self.watermark == watermark else {
            throw .invalid("workers' states of different watermarks", offset: 0)
        }
        currentWatermark = watermark
        now = max(now, processingTime)
        clocks.event = watermark
        clocks.processing = now
    }

    /// A state of a checkpoint, and where its values go; `nil` where they are left out.
    private struct SavedState {
        var name: String
        var form: StateForm
        var column: (any KeyedColumn)?
    }

    /// Compares the states of the checkpoint with those that are declared.
    private func savedStates(from state: inout StateDecoder) throws(StateError) -> [SavedState] {
        let count = try state.decode(UInt32.self)
        var saved: [SavedState] = []
        for _ in 0..<count {
            let name = try String(from: &state)
            let form = try StateForm(from: &state)
            if let before = saved.last?.name, before >= name { throw state.invalid("states out of order") }
            if columns.removed.contains(name) {
                saved.append(SavedState(name: name, form: form, column: nil))
                continue
            }
            guard let column = columns.columns.first(where: { $0.declaration.name == name }) else {
                throw .incompatible(state: name, reason: "is in the checkpoint, but not declared")
            }
            if let reason = column.difference(from: form) { throw .incompatible(state: name, reason: reason) }
            saved.append(SavedState(name: name, form: form, column: column))
        }
        return saved
    }

    private mutating func restore(
        section: Int, keeping groups: KeyGroups, saved: [SavedState], from state: inout StateDecoder
    ) throws(StateError) {
        let members = try restoreKeys(section: section, from: &state)
        let uses = slots.uses
        for saved in saved {
            guard let column = saved.column else {
                _ = try state.decodeBytes(try state.decodeCount(elementSize: 1))
                continue
            }
            try restorePart(members, from: &state) { (slot, part) throws(StateError) in
                do throws(StateError) {
                    try column.decode(slot, from: &part, saved: saved.form)
                    uses[slot] += 1
                } catch {
                    throw .incompatible(state: saved.name, reason: "cannot be read: \(error)")
                }
            }
        }
        for domain in [TimeDomain.eventTime, .processingTime] {
            var timers: [(slot: Int, time: Nanoseconds)] = []
            try restorePart(members, from: &state) { (slot, part) throws(StateError) in
                let times = try [Nanoseconds](from: &part)
                guard !times.isEmpty, zip(times, times.dropFirst()).allSatisfy({ $0 < $1 }) else {
                    throw part.invalid("timers out of order")
                }
                timers += times.map { (slot, $0) }
            }
            for timer in timers where keeps(timer.slot, groups) {
                slot = timer.slot
                if domain == .eventTime {
                    setTimer(at: timer.time)
                } else {
                    setProcessingTimer(at: timer.time)
                }
            }
        }
        for slot in members {
            slots.uses[slot] -= 1
            // What a key had may all have been of a state that was removed.
            guard slots.uses[slot] > 0 || !keeps(slot, groups) || saved.contains(where: { $0.column == nil }) else {
                throw state.invalid("a key without state")
            }
            if !keeps(slot, groups) { forget(slot) }
            if slots.uses[slot] == 0 { slots.remove(slot) }
        }
    }

    private func keeps(_ slot: Int, _ groups: KeyGroups) -> Bool {
        groups.range.contains(KeyGroups.group(ofHash: slots.hashes[slot], count: groups.count))
    }

    /// Forgets the states of a key that another worker keeps; its timers were not set.
    private mutating func forget(_ slot: Int) {
        for column in columns.columns where column.clear(slot) { slots.uses[slot] -= 1 }
    }

    /// Reads the keys of a section, and holds their slots by a use that is not theirs.
    private mutating func restoreKeys(
        section: Int, from state: inout StateDecoder
    ) throws(StateError) -> [Int] {
        let bytes = try state.decodeBytes(try state.decodeCount(elementSize: 1))
        var part = StateDecoder(bytes)
        let count = try part.decodeCount(elementSize: 1)
        var members: [Int] = []
        var before: Key?
        for _ in 0..<count {
            let key = try Key(from: &part)
            if let before, before >= key { throw part.invalid("keys out of order") }
            let hash = key.stableHash
            guard KeyGroups.group(ofHash: hash, count: Self.sectionCount) == section else {
                throw part.invalid("a key of another section")
            }
            guard slots.find(key, hash: hash) < 0 else { throw part.invalid("a key stands there twice") }
            let slot = insert(key, hash: hash)
            slots.uses[slot] = 1
            members.append(slot)
            before = key
        }
        try part.finish()
        return members
    }

    /// Reads a part: `read` is called for each key that has something in it.
    private func restorePart(
        _ members: [Int], from state: inout StateDecoder,
        read: (Int, inout StateDecoder) throws(StateError) -> Void
    ) throws(StateError) {
        let bytes = try state.decodeBytes(try state.decodeCount(elementSize: 1))
        var part = StateDecoder(bytes)
        var next: UInt64 = 0
        while part.remaining > 0 {
            let place = try part.decode(UInt64.self)
            guard place >= next, place < members.count else { throw part.invalid("no key at place \(place)") }
            next = place + 1
            try read(members[Int(place)], &part)
        }
        try part.finish()
    }
}

extension KeyTimers {
    /// The times of each slot's timers, ascending.
    fileprivate func timesBySlot(bound: Int) -> [[Nanoseconds]] {
        var times: [[Nanoseconds]] = Array(repeating: [], count: bound)
        for place in 0..<count { times[Int(heap[place].slot)].append(heap[place].time) }
        for slot in 0..<bound where times[slot].count > 1 { times[slot].sort() }
        return times
    }
}

extension KeyedColumn {
    /// Why values saved in another form cannot be read; `nil` where they can.
    fileprivate func difference(from saved: StateForm) -> String? {
        if saved.kind != form.kind { return "was \(saved.kind.noun), and is declared as \(form.kind.noun)" }
        if saved.version > form.version {
            return "was written by version \(saved.version), and is declared as version \(form.version)"
        }
        if saved.version < form.version {
            return migratable.contains(saved.version)
                ? nil : "of version \(saved.version) has no migration to version \(form.version)"
        }
        if saved.type != form.type { return "was of type \(saved.type), and is declared with \(form.type)" }
        if saved.domain != form.domain { return "is declared with another clock for its time to live" }
        return nil
    }
}

extension StateForm: StateValue {
    @usableFromInline func encode(into state: inout StateEncoder) {
        state.encode(kind.rawValue)
        state.encode(version)
        type.encode(into: &state)
        state.encode(domain)
    }

    @usableFromInline init(from state: inout StateDecoder) throws(StateError) {
        guard let kind = Kind(rawValue: try state.decode()) else { throw state.invalid("no kind of state") }
        let version: UInt32 = try state.decode()
        let type = try String(from: &state)
        let domain: UInt8 = try state.decode()
        guard domain == 0 || TimeDomain(rawValue: domain) != nil else { throw state.invalid("no clock") }
        self.init(kind: kind, version: version, type: type, domain: domain)
    }
}
