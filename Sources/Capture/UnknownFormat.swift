/// Names for files that are no captures this module reads, so that a message can say what was found.
enum UnknownFormat {
    private static let known: [(magic: [UInt8], name: String)] = [
        ([0x73, 0x6E, 0x6F, 0x6F, 0x70, 0, 0, 0], "a snoop capture; convert it to pcap or pcapng"),
        ([0x52, 0x54, 0x53, 0x53], "a Network Monitor 1 capture; convert it to pcap or pcapng"),
        ([0x47, 0x4D, 0x42, 0x55], "a Network Monitor 2 capture; convert it to pcap or pcapng"),
        ([0x58, 0x43, 0x50, 0x00], "a NetXRay capture; convert it to pcap or pcapng"),
        ([0xFD, 0x37, 0x7A, 0x58, 0x5A, 0x00], "xz compression; unpack it first"),
        ([0x42, 0x5A, 0x68], "bzip2 compression; unpack it first"),
        ([0x02, 0x21, 0x4C, 0x18], "the old LZ4 format without frames; unpack it first"),
        ([0x50, 0x4B, 0x03, 0x04], "a zip archive; unpack it first"),
    ]

    /// Says what a file begins with.
    static func describe(_ found: [UInt8]) -> String {
        let digits = found.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        let bytes = "it begins with the bytes " + digits.joined(separator: " ")
        guard let format = known.first(where: { found.starts(with: $0.magic) }) else { return bytes }
        return "\(bytes) (\(format.name))"
    }
}
