import RelayWire

/// The addresses and ports on which clients find the relay's UDP service, for the discovery of a NAT's behaviour (RFC 5780).
struct STUNEndpoints: Hashable, Sendable {
    /// The relay's two addresses, as clients see them. Both are of one family.
    struct Addresses: Hashable, Sendable {
        var primary: IPAddress
        var alternate: IPAddress
    }

    var port: UInt16
    /// Nil: the relay answers from one port only.
    var alternatePort: UInt16?
    /// Nil: the relay has one address, or does not know which clients see.
    var addresses: Addresses?

    /// Whether a client may learn anything here of its NAT's behaviour.
    var hasAlternates: Bool { self.alternatePort != nil }

    /// The endpoint to answer from in place of the one where a request came in.
    ///
    /// - Returns: nil where there is no such endpoint.
    func endpoint(_ local: TransportAddress, changing change: STUNChangeRequest) -> TransportAddress? {
        var endpoint = local
        if change.contains(.port) {
            guard let alternate = self.alternatePort else { return nil }
            endpoint.port = local.port == alternate ? self.port : alternate
        }
        if change.contains(.address) {
            switch local.address {
            case self.addresses?.primary: endpoint.address = self.addresses?.alternate ?? local.address
            case self.addresses?.alternate: endpoint.address = self.addresses?.primary ?? local.address
            default: return nil
            }
        }
        return endpoint
    }
}
