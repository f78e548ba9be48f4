import RelayWire

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
        // Nobody on a port of the relay's is found out at once the next time too, and there are many such ports.
        if other == nil, peer.address == self.relayed { return nil }
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
