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
        if self.links.count >= TURNLimits.peers { self.lookAgain() }
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
