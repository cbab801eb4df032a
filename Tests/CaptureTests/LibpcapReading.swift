import CPcap
import Glibc

/// A packet as libpcap gives it.
struct LibpcapPacket {
    var seconds: Int64
    /// Nanoseconds; a second or more, or less than 0, where the capture says so.
    var fraction: Int64
    var captured: UInt32
    var original: UInt32
    var bytes: [UInt8]
}

/// What libpcap reads of a file before its end or its first error.
struct LibpcapReading {
    private(set) var packets: [LibpcapPacket] = []
    /// The snapshot length: libpcap cuts longer packets to it. 0 where the file could not be opened.
    private(set) var snapshotLength: UInt32 = 0
    private(set) var dataLink: CInt = 0
    /// Why it stopped; `nil` at the end of the file.
    private(set) var error: String?

    /// Reads bytes as a file.
    init(of bytes: [UInt8]) {
        var bytes = bytes
        self = bytes.withUnsafeMutableBytes { memory in
            // Opened for reading: nothing is written to the memory.
            guard let file = fmemopen(memory.baseAddress, memory.count, "r") else {
                preconditionFailure("no memory for a stream")
            }
            return LibpcapReading(file)
        }
    }

    /// Reads a stream, and closes it.
    private init(_ file: UnsafeMutablePointer<FILE>) {
        var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        let precision = UInt32(PCAP_TSTAMP_PRECISION_NANO)
        guard let handle = pcap_fopen_offline_with_tstamp_precision(file, precision, &reason) else {
            fclose(file)
            error = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return
        }
        defer { pcap_close(handle) }
        snapshotLength = UInt32(bitPattern: pcap_snapshot(handle))
        dataLink = pcap_datalink(handle)
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var data: UnsafePointer<UInt8>?
        while true {
            let status = pcap_next_ex(handle, &header, &data)
            guard status == 1, let header, let data else {
                if status != PCAP_ERROR_BREAK { error = String(cString: pcap_geterr(handle)) }
                return
            }
            let record = header.pointee
            packets.append(
                LibpcapPacket(
                    seconds: Int64(record.ts.tv_sec), fraction: Int64(record.ts.tv_usec), captured: record.caplen,
                    original: record.len, bytes: Array(UnsafeBufferPointer(start: data, count: Int(record.caplen)))
                ))
        }
    }
}
