import CPcap
import Glibc

/// A network interface that packets can be captured on, as pcap_findalldevs(3PCAP) lists it.
public struct CaptureInterface: Hashable, Sendable {
    public var name: String
    /// What the system says of it; `nil` where that is nothing.
    public var summary: String?
    /// Numeric addresses, IPv4 and IPv6.
    public var addresses: [String]
    public var isUp: Bool
    public var isRunning: Bool
    public var isLoopback: Bool
    public var isWireless: Bool

    /// All interfaces, in libpcap's order. Throws ``CaptureError/cannotListInterfaces(reason:)``.
    public static func all() throws(CaptureError) -> [CaptureInterface] {
        var first: UnsafeMutablePointer<pcap_if_t>?
        var reason = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
        guard pcap_findalldevs(&first, &reason) == 0 else {
            throw .cannotListInterfaces(
                reason: String(decoding: reason.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self))
        }
        defer { pcap_freealldevs(first) }
        var interfaces: [CaptureInterface] = []
        var next = first
        while let device = next {
            interfaces.append(CaptureInterface(device.pointee))
            next = device.pointee.next
        }
        return interfaces
    }

    /// Why this process may not capture, `nil` where it may: Linux asks for CAP_NET_RAW (packet(7)).
    public static var permissionProblem: String? {
        let descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0)
        guard descriptor < 0 else {
            close(descriptor)
            return nil
        }
        return String(cString: strerror(errno))
    }

    /// What to do about ``permissionProblem``.
    public static let permissionAdvice =
        "run as root, or grant it once: setcap cap_net_raw+ep \"$(command -v tidemark)\""

    private init(_ device: pcap_if_t) {
        name = device.name.map { String(cString: $0) } ?? ""
        summary = device.description.map { String(cString: $0) }
        let flags = Int32(bitPattern: device.flags)
        isUp = flags & PCAP_IF_UP != 0
        isRunning = flags & PCAP_IF_RUNNING != 0
        isLoopback = flags & PCAP_IF_LOOPBACK != 0
        isWireless = flags & PCAP_IF_WIRELESS != 0
        addresses = []
        var next = device.addresses
        while let address = next {
            if let text = address.pointee.addr.flatMap(Self.text) { addresses.append(text) }
            next = address.pointee.next
        }
    }

    private static func text(_ address: UnsafeMutablePointer<sockaddr>) -> String? {
        let length: socklen_t
        switch Int32(address.pointee.sa_family) {
        case AF_INET: length = socklen_t(MemoryLayout<sockaddr_in>.size)
        case AF_INET6: length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        default: return nil
        }
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0 else {
            return nil
        }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)
    }
}
