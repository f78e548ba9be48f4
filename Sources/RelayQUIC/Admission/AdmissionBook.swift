import NIOCore

/// Who may come in, and who is in. Pure.
struct AdmissionBook {
    /// What becomes of a client's first packet.
    enum Decision: Equatable {
        case comesIn(Guest)
        /// It is to prove its address first.
        case proves
        case isRefused
    }

    /// What is known of where a client is. Who has no proof may have written the address of another.
    enum Proof: Hashable, Sendable {
        case none
        /// It was there within the last hour: somebody else may have the address now.
        case earlier
        /// It is there.
        case now
    }

    /// A connection, as it is counted.
    struct Guest: Hashable, Sendable {
        fileprivate let network: PeerAddress.Network
        fileprivate let isProved: Bool
    }

    private struct Counts {
        var connections = 0
        var handshakes = 0
        /// Of these, those of clients that have not proved to be there.
        var unproved = 0
    }

    private let limits: QUICLimits
    private(set) var connections = 0
    /// Of these, those whose handshake is not done.
    private(set) var handshakes = 0
    private var networks: [PeerAddress.Network: Counts] = [:]
    private var pace: HandshakePace

    init(limits: QUICLimits) {
        self.limits = limits
        self.pace = HandshakePace(perSecond: limits.handshakesPerAddressPerSecond)
    }

    /// Nothing is refused to an address on the word of a client that may be elsewhere: it has to prove first that it is there.
    mutating func decide(on network: PeerAddress.Network, _ proof: Proof, at now: NIODeadline) -> Decision {
        guard self.connections < self.limits.connections, self.handshakes < self.limits.handshakes else {
            return .isRefused
        }
        let counts = self.networks[network, default: Counts()]
        let isFull =
            counts.connections >= self.limits.connectionsPerAddress
            || counts.handshakes >= self.limits.handshakesPerAddress
        guard proof != .now else {
            let comesIn = !isFull && self.pace.take(network, at: now)
            return comesIn ? .comesIn(Guest(network: network, isProved: true)) : .isRefused
        }
        let isBusy = self.handshakes >= self.limits.handshakesBeforeRetry && proof == .none
        let isSuspect = counts.unproved >= self.limits.handshakesPerAddressBeforeRetry
        guard !isFull, !isBusy, !isSuspect, self.pace.take(network, at: now) else { return .proves }
        return .comesIn(Guest(network: network, isProved: false))
    }

    mutating func entered(_ guest: Guest) {
        self.connections += 1
        self.handshakes += 1
        self.change(guest) {
            $0.connections += 1
            $0.handshakes += 1
            if !guest.isProved { $0.unproved += 1 }
        }
    }

    /// The handshake is done.
    mutating func opened(_ guest: Guest) {
        self.handshakes -= 1
        self.change(guest) {
            $0.handshakes -= 1
            if !guest.isProved { $0.unproved -= 1 }
        }
    }

    /// - Parameter wasOpen: whether its handshake was done.
    mutating func left(_ guest: Guest, wasOpen: Bool) {
        if !wasOpen { self.opened(guest) }
        self.connections -= 1
        self.change(guest) { $0.connections -= 1 }
    }

    private mutating func change(_ guest: Guest, _ change: (inout Counts) -> Void) {
        var counts = self.networks[guest.network, default: Counts()]
        change(&counts)
        self.networks[guest.network] = counts.connections > 0 ? counts : nil
    }
}
