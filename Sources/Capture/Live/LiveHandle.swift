import CPcap
import Glibc
import Packets

// pcap_create(3PCAP), pcap_activate(3PCAP), pcap_dispatch(3PCAP); on Linux libpcap maps a TPACKET_V3 ring
// (Documentation/networking/packet_mmap.rst).

/// An interface being captured: libpcap's handle, closed with its last reference. It never blocks.
final class LiveHandle {
    /// A packet that was taken out of the ring, valid until the next is.
    struct Packet {
        let header: pcap_pkthdr
        let bytes: UnsafePointer<UInt8>
    }

    /// What pcap_stats(3PCAP) says: 32 bits that wrap around.
    struct Counts {
        var received: UInt32 = 0
        var dropped: UInt32 = 0
        var droppedByInterface: UInt32 = 0
    }

    private let pcap: OpaquePointer
    let linkType: LinkType
    /// Readable when a block of packets is ready.
    let descriptor: CInt
    /// Nanoseconds in a timestamp's fraction.
    let fraction: Int64

    /// Begins to capture. Throws ``CaptureError/noSuchInterface(_:)``, ``CaptureError/interfaceDown(_:)``,
    /// ``CaptureError/notPermitted(_:reason:)``, ``CaptureError/badFilter(expression:reason:)`` and
    /// ``CaptureError/cannotCapture(_:reason:)``.
    init(interface: String, options: LiveOptions) throws(CaptureError) {
        var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard let pcap = pcap_create(interface, &reason) else {
            throw .cannotCapture(interface, reason: Self.text(reason))
        }
        do throws(CaptureError) {
            try Self.activate(pcap, interface, options)
            if let filter = options.filter { try Self.setFilter(pcap, interface, filter) }
        } catch {
            pcap_close(pcap)
            throw error
        }
        guard pcap_setnonblock(pcap, 1, &reason) == 0 else {
            pcap_close(pcap)
            throw .cannotCapture(interface, reason: Self.text(reason))
        }
        self.pcap = pcap
        linkType = LinkType(rawValue: Self.savedLinkType(pcap_datalink(pcap)))
        descriptor = pcap_get_selectable_fd(pcap)
        fraction = pcap_get_tstamp_precision(pcap) == PCAP_TSTAMP_PRECISION_NANO ? 1 : 1000
    }

    deinit { pcap_close(pcap) }

    private static func activate(
        _ pcap: OpaquePointer, _ interface: String, _ options: LiveOptions
    ) throws(CaptureError) {
        pcap_set_snaplen(pcap, CInt(clamping: options.snapshotLength))
        pcap_set_promisc(pcap, options.isPromiscuous ? 1 : 0)
        pcap_set_timeout(pcap, LiveOptions.blockMilliseconds)
        pcap_set_buffer_size(pcap, CInt(clamping: options.bufferKiB * 1024))
        pcap_set_immediate_mode(pcap, options.isImmediate ? 1 : 0)
        // Where the interface has no nanoseconds this changes nothing.
        pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO)
        let status = pcap_activate(pcap)
        let reason = String(cString: pcap_geterr(pcap))
        switch status {
        case 0...: break
        case PCAP_ERROR_NO_SUCH_DEVICE: throw .noSuchInterface(interface)
        case PCAP_ERROR_IFACE_NOT_UP: throw .interfaceDown(interface)
        case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED:
            throw .notPermitted(interface, reason: reason.isEmpty ? "Operation not permitted" : reason)
        default:
            let words = reason.isEmpty ? String(cString: pcap_statustostr(status)) : reason
            throw .cannotCapture(interface, reason: words)
        }
        // `any` stays with the first version of Linux's cooked header: libpcap puts VLAN tags back into that one, and
        // not into the second (set_vlan_offset in pcap-linux.c).
    }

    private static func setFilter(
        _ pcap: OpaquePointer, _ interface: String, _ expression: String
    ) throws(CaptureError) {
        var (network, mask) = (bpf_u_int32(), bpf_u_int32())
        var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        // Only `ip broadcast` asks for the mask.
        if pcap_lookupnet(interface, &network, &mask, &reason) != 0 { mask = PCAP_NETMASK_UNKNOWN }
        var program = bpf_program()
        guard pcap_compile(pcap, &program, expression, 1, mask) == 0 else {
            throw .badFilter(expression: expression, reason: String(cString: pcap_geterr(pcap)))
        }
        defer { pcap_freecode(&program) }
        guard pcap_setfilter(pcap, &program) == 0 else {
            throw .cannotCapture(interface, reason: String(cString: pcap_geterr(pcap)))
        }
    }

    /// The number that capture files have for a link type of libpcap's; they differ for a few.
    private static func savedLinkType(_ number: CInt) -> UInt32 {
        switch number {
        case DLT_ATM_RFC1483: 100
        case DLT_RAW: 101
        case DLT_SLIP_BSDOS: 102
        case DLT_PPP_BSDOS: 103
        case DLT_ATM_CLIP: 106
        default: UInt32(bitPattern: number)
        }
    }

    // MARK: Packets

    /// Hands the packets that are there to `consumer`, in place, at most `limit` of them. Returns their number, or
    /// libpcap's error.
    func dispatch(upTo limit: Int, to consumer: inout LiveConsumer) -> CInt {
        withUnsafeMutablePointer(to: &consumer) { pointer in
            let user = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt8.self)
            return pcap_dispatch(
                pcap, CInt(clamping: limit),
                { user, header, bytes in
                    guard let user, let header, let bytes else { return }
                    UnsafeMutableRawPointer(user).assumingMemoryBound(to: LiveConsumer.self)
                        .pointee.take(header.pointee, bytes)
                }, user)
        }
    }

    /// The next packet, copied by libpcap; `nil` where none is there. Throws the reason why reading failed.
    func next() throws(ReadFailure) -> Packet? {
        var header: UnsafeMutablePointer<pcap_pkthdr>?
        var bytes: UnsafePointer<UInt8>?
        let status = pcap_next_ex(pcap, &header, &bytes)
        if status == 0 { return nil }
        guard status == 1, let header, let bytes else { throw ReadFailure(reason: errorText) }
        return Packet(header: header.pointee, bytes: bytes)
    }

    struct ReadFailure: Error { let reason: String }

    /// What libpcap says of the last error.
    var errorText: String { String(cString: pcap_geterr(pcap)) }

    /// `nil` where the kernel does not say.
    func counts() -> Counts? {
        var counts = pcap_stat()
        guard pcap_stats(pcap, &counts) == 0 else { return nil }
        return Counts(received: counts.ps_recv, dropped: counts.ps_drop, droppedByInterface: counts.ps_ifdrop)
    }

    /// Takes back an error that waits at the socket, so that poll(2) does not report it for ever.
    func clearError() {
        var (code, length) = (CInt(0), socklen_t(MemoryLayout<CInt>.size))
        getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
    }

    private static func text(_ characters: [CChar]) -> String {
        String(decoding: characters.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
}

/// Turns what libpcap hands over into records, one after the other, without allocating.
struct LiveConsumer {
    let body: (PacketRecord, RawSpan) -> Void
    let clock: UnsafeMutablePointer<CaptureClock>
    let source: Int
    let linkType: LinkType
    let fraction: Int64
    /// Packets so far, of all interfaces, and bytes captured of them.
    var packets: UInt64
    var bytes: UInt64

    @inline(__always)
    mutating func take(_ header: pcap_pkthdr, _ bytes: UnsafePointer<UInt8>) {
        let stamp = Self.stamp(header, fraction: fraction)
        let time = stamp.map { clock.pointee.eventTime(of: $0, source: source, now: SystemClock.realtime) }
        deliver(header, bytes, time: time)
    }

    @inline(__always)
    mutating func deliver(_ header: pcap_pkthdr, _ bytes: UnsafePointer<UInt8>, time: Int64?) {
        packets += 1
        self.bytes += UInt64(header.caplen)
        let record = PacketRecord(
            timestamp: time ?? 0, number: packets, capturedLength: header.caplen, originalLength: header.len,
            linkType: linkType, interface: UInt32(truncatingIfNeeded: source), isTimed: time != nil)
        let frame = UnsafeRawBufferPointer(start: bytes, count: Int(header.caplen))
        body(record, frame.bytes)
    }

    /// Nanoseconds since the epoch; `nil` outside what 64 bits hold.
    @inline(__always)
    static func stamp(_ header: pcap_pkthdr, fraction: Int64) -> Int64? {
        let (seconds, tooLong) = Int64(header.ts.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, tooLate) = seconds.addingReportingOverflow(Int64(header.ts.tv_usec) &* fraction)
        return tooLong || tooLate ? nil : sum
    }
}
