/// All the hosts of a capture: clients and servers, a tenth of each with IPv6.
struct HostPools {
    private let clientsIPv4: HostPool
    private let clientsIPv6: HostPool
    private let serversIPv4: HostPool
    private let serversIPv6: HostPool

    /// Servers that answer all the DNS queries of a family.
    private static let resolvers = 16

    /// The counts are positive.
    init(clients: Int, servers: Int) {
        let exponents = (client: 0.6, server: 0.95)
        clientsIPv4 = HostPool(.client, .ipv4, count: clients - clients / 10, exponent: exponents.client)
        clientsIPv6 = HostPool(.client, .ipv6, count: max(1, clients / 10), exponent: exponents.client)
        serversIPv4 = HostPool(.server, .ipv4, count: servers - servers / 10, exponent: exponents.server)
        serversIPv6 = HostPool(.server, .ipv6, count: max(1, servers / 10), exponent: exponents.server)
    }

    func client(_ family: Host.Family, _ random: inout RandomSource) -> Host {
        (family == .ipv4 ? clientsIPv4 : clientsIPv6).draw(&random)
    }

    func server(_ family: Host.Family, _ random: inout RandomSource) -> Host {
        (family == .ipv4 ? serversIPv4 : serversIPv6).draw(&random)
    }

    func resolver(_ family: Host.Family, _ random: inout RandomSource) -> Host {
        let servers = family == .ipv4 ? serversIPv4 : serversIPv6
        return servers.host(rank: random.below(min(Self.resolvers, servers.count)))
    }
}
