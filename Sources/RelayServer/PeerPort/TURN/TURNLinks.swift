import RelayWire

/// Where bytes are accounted for that one peer of a session sends another.
protocol RelayedPath: Sendable {
    func carried(_ count: Int)
    /// The first of them come.
    func opened()
    /// No more of them come.
    func closed()
}

/// What an allocation carries between the peer that has it, and another of its session.
struct TURNLink {
    let out: any RelayedPath
    let back: any RelayedPath
}

/// The peers that an allocation is known to reach, by their addresses. Bounded.
struct TURNLinks {
    /// An address of nobody known has a nil.
    private var links: [TransportAddress: TURNLink?] = [:]

    /// - Returns: nil for an address that has not been looked up.
    subscript(place: TransportAddress) -> TURNLink?? { self.links[place] }

    /// - Returns: what is found out about the address.
    mutating func open(_ link: TURNLink?, at place: TransportAddress) -> TURNLink? {
        guard self.links.count < TURNLimits.peers else { return nil }
        self.links[place] = .some(link)
        link?.out.opened()
        return link
    }

    /// Who was unknown may be known by now.
    mutating func lookAgain() { self.links = self.links.filter { $0.value != nil } }

    mutating func close() {
        for case .some(let link) in self.links.values { link.out.closed() }
        self.links = [:]
    }
}

/// Which peers of sessions reach each other through relayed ports.
///
/// A relayed port sends to addresses. The peer at an address is known where it has a relayed port here itself, which ICE asks each peer to have.
extension TURNServer {
    /// - Parameter peer: who is at the other end of the allocation.
    func link(_ allocation: TURNAllocation, with peer: TransportAddress) -> TURNLink? {
        guard let session = allocation.session else { return nil }
        // Behind the relay's own address each port is another peer.
        let place = peer.address == self.relayed ? peer : TransportAddress(peer.address, port: 0)
        if let known = allocation.links[place] { return known }
        let own = allocation.caller.id
        let other = self.holder(at: peer, in: session, beside: own)
        let link = other.flatMap { other in
            self.path(own, other).flatMap { out in
                self.path(other, own).map { TURNLink(out: out, back: $0) }
            }
        }
        return allocation.links.open(link, at: place)
    }

    /// The one in the session, if it is one alone, that sends from the address, or has the relayed port.
    private func holder(at peer: TransportAddress, in session: String, beside own: String) -> String? {
        if peer.address == self.relayed {
            let other = self.allocation(onPort: peer.port)
            return other?.session == session ? other?.caller.id : nil
        }
        var found: Set<String> = []
        for case let other? in self.slots where other.session == session && other.caller.id != own {
            if other.client.address.address.unmapped == peer.address { found.insert(other.caller.id) }
        }
        return found.count == 1 ? found.first : nil
    }

    /// Somebody of the session has come.
    func lookAgain(in session: String?) {
        guard let session else { return }
        for case let other? in self.slots where other.session == session { other.links.lookAgain() }
    }
}
