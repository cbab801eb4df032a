package import Flows
internal import Packets

extension FlowRecord {
    /// `10.0.0.1:443`, `[2001:db8::1]:443`, or the address alone.
    package var sourceEndpoint: String { Self.endpoint(source, port: showsPorts ? sourcePort : nil) }
    package var destinationEndpoint: String { Self.endpoint(destination, port: showsPorts ? destinationPort : nil) }

    /// ICMP's type and code are in the port columns of the files; at an address they would look like ports.
    private var showsPorts: Bool { hasPorts && transport != 1 && transport != 58 }

    private static func endpoint(_ address: IPAddress, port: UInt16?) -> String {
        guard let port else { return address.description }
        return address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }
}
