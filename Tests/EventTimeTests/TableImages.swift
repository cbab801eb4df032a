import EventTime

/// The table that is in the bytes of images, each of which builds on the one before.
func restoredTable<Key: TableKey & StateRecord>(
    _ images: [[UInt8]], maximumCount: Int = .max
) throws(StateError) -> KeyedTable<Key, UInt64> {
    let restored = RestoredTable<Key, UInt64>(maximumCount: maximumCount)
    for bytes in images {
        var state = StateDecoder(bytes)
        try restored.read(from: &state)
        try state.finish()
    }
    return try restored.finish(StateDecoder([]))
}

extension FrozenTable where Key: StateRecord, Value: StateRecord {
    /// What is encoded of the image.
    var bytes: [UInt8] { StateEncoder.bytes { encode(into: &$0) } }
}
