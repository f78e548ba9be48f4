import RelaySessions
import RelayWire

/// A NAT as a value: which source others see, and what comes in. Ports are given out in their order.
struct NATModel {
    private struct Mapping: Hashable {
        let inside: TransportAddress
        /// Nil where all destinations have one mapping.
        let destination: TransportAddress?
    }

    /// `open` translates nothing.
    let kind: NATClass
    let outside: IPAddress
    private var ports: [Mapping: UInt16] = [:]
    private var insides: [UInt16: TransportAddress] = [:]
    /// Where each mapping has sent something.
    private var contacts: [UInt16: Set<TransportAddress>] = [:]

    init(_ kind: NATClass, outside: IPAddress) {
        self.kind = kind
        self.outside = outside
    }

    /// Something goes out.
    ///
    /// - Returns: from where it comes, as others see.
    mutating func send(from inside: TransportAddress, to destination: TransportAddress) -> TransportAddress {
        guard self.kind != .open else { return inside }
        let mapping = Mapping(inside: inside, destination: self.kind == .symmetric ? destination : nil)
        let port = self.ports[mapping] ?? UInt16(20_000 + self.ports.count)
        self.ports[mapping] = port
        self.insides[port] = inside
        self.contacts[port, default: []].insert(destination)
        return TransportAddress(self.outside, port: port)
    }

    /// Something comes in.
    ///
    /// - Returns: to whom it goes inside; nil where it is dropped.
    func receive(at target: TransportAddress, from source: TransportAddress) -> TransportAddress? {
        guard self.kind != .open else { return target }
        guard target.address == self.outside, let inside = self.insides[target.port] else { return nil }
        let contacts = self.contacts[target.port] ?? []
        let isLetIn =
            switch self.kind {
            case .open, .fullCone, .unknown: true
            case .restrictedCone: contacts.contains { $0.address == source.address }
            case .portRestrictedCone, .symmetric: contacts.contains(source)
            }
        return isLetIn ? inside : nil
    }
}
