import Packets

/// A packet with a copy of its bytes.
struct ReadPacket: Hashable {
    var record: PacketRecord
    var bytes: [UInt8]
}
