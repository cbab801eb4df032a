/// One end of a flow: a number that stands for an address of a private, benchmarking or documentation
/// range (RFC 1918, RFC 2544 and RFC 3849), so that no capture names anybody's machine.
struct Host: Hashable {
    enum Role: UInt8 { case client, server }
    enum Family: UInt8 { case ipv4, ipv6 }

    let role: Role
    let family: Family
    /// Below 2²⁴ for a client, 2¹⁷ for a server.
    let number: UInt32

    static let maximumClients = 1 << 24
    static let maximumServers = 1 << 17

    /// 10.0.0.0/8 for clients, 198.18.0.0/15 for servers. Multiplying by an odd number scatters
    /// neighbouring numbers over the range and never maps two to one address.
    var ipv4Address: UInt32 {
        switch role {
        case .client: 0x0A00_0000 | (number &* 0x9E37_79B1 &+ 12_345) & 0x00FF_FFFF
        case .server: 0xC612_0000 | (number &* 0x9E37_79B1 &+ 7_919) & 0x0001_FFFF
        }
    }

    /// 2001:db8:1::/48 for clients, 2001:db8:ff::/48 for servers: sixteen hosts to a subnet, with interface
    /// identifiers that look random, as those of real hosts do.
    var ipv6Address: (high: UInt64, low: UInt64) {
        let site: UInt64 = role == .client ? 0x0001 : 0x00FF
        let subnet = UInt64(number >> 4) & 0xFFFF
        var scatter = RandomSource(seed: UInt64(number) << 8 | UInt64(role.rawValue))
        return (0x2001_0DB8_0000_0000 | site << 16 | subnet, scatter.next())
    }
}

/// The hosts of one role and family, the first of them the busiest.
struct HostPool {
    let count: Int
    private let role: Host.Role
    private let family: Host.Family
    private let ranks: ZipfRanks

    /// `count` is positive.
    init(_ role: Host.Role, _ family: Host.Family, count: Int, exponent: Double) {
        self.count = count
        self.role = role
        self.family = family
        ranks = ZipfRanks(count: count, exponent: exponent)
    }

    func draw(_ random: inout RandomSource) -> Host {
        host(rank: ranks.draw(&random))
    }

    /// `rank` is below ``count``.
    func host(rank: Int) -> Host {
        Host(role: role, family: family, number: UInt32(rank))
    }
}
