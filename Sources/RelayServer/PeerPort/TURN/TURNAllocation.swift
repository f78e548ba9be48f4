import NIOCore
import RelayWire

/// By what a client is known: where it sends from, and to which socket or on which connection.
struct TURNClient: Hashable, Sendable {
    var address: TransportAddress
    /// A number that the port gives each of its sockets and connections.
    var link: Int

    func hash(into hasher: inout Hasher) {
        switch self.address.address {
        case .v4(let address):
            hasher.combine(UInt64(address) << 16 | UInt64(self.address.port))
        case .v6(let high, let low):
            hasher.combine(high)
            hasher.combine(low ^ UInt64(self.address.port))
        }
        hasher.combine(self.link)
    }
}

/// A relayed port, and whom its client lets send to it. State alone: the sockets are elsewhere.
///
/// Belongs to one ``TURNServer``.
final class TURNAllocation {
    struct Channel {
        let peer: TransportAddress
        var end: NIODeadline
    }

    /// The place that the allocation has among all, for whoever keeps its socket.
    let slot: Int
    let client: TURNClient
    let caller: TURNCaller
    let allowance: any TrafficAllowance
    /// Of the request that made it: a client that heard no answer repeats it.
    let reply: TURNReply
    let isEven: Bool
    let life: TimeAmount

    var port: UInt16
    /// False until its socket is open.
    var isOpen = false
    var attempts = 1
    var end: NIODeadline
    /// Of who has it by a ticket.
    let session: String?
    var links = TURNLinks()
    private var permissions: [IPAddress: NIODeadline] = [:]
    private var channels: [UInt16: Channel] = [:]
    private var numbers: [TransportAddress: UInt16] = [:]

    init(
        slot: Int,
        _ client: TURNClient,
        _ caller: TURNCaller,
        reply: TURNReply,
        port: UInt16,
        isEven: Bool,
        life: TimeAmount,
        allowance: any TrafficAllowance,
        at now: NIODeadline
    ) {
        self.slot = slot
        self.client = client
        self.caller = caller
        self.session = TURNCredentials.holder(of: caller.id)?.session
        self.allowance = allowance
        self.reply = reply
        self.port = port
        self.isEven = isEven
        self.life = life
        self.end = now + life
    }

    // MARK: Permissions

    func permits(_ address: IPAddress, at now: NIODeadline) -> Bool {
        self.permissions[address].map { $0 > now } ?? false
    }

    /// - Returns: whether there is room for all of them; where not, none is taken.
    func permit(_ addresses: some Sequence<IPAddress>, at now: NIODeadline) -> Bool {
        let new = Set(addresses).filter { self.permissions[$0] == nil }
        if self.permissions.count + new.count > TURNLimits.peers { self.forget(at: now) }
        guard self.permissions.count + new.count <= TURNLimits.peers else { return false }
        for address in addresses { self.permissions[address] = now + TURNLimits.permissionLife }
        return true
    }

    // MARK: Channels

    func channel(_ number: UInt16, at now: NIODeadline) -> TransportAddress? {
        guard let channel = self.channels[number], channel.end > now else { return nil }
        return channel.peer
    }

    func number(of peer: TransportAddress, at now: NIODeadline) -> UInt16? {
        guard let number = self.numbers[peer], self.channels[number].map({ $0.end > now }) ?? false else { return nil }
        return number
    }

    enum Binding {
        case bound
        /// The number has another peer, or the peer another number.
        case conflict
        case full
    }

    /// Binds, or binds again. A channel brings a permission with it.
    func bind(_ number: UInt16, to peer: TransportAddress, at now: NIODeadline) -> Binding {
        self.forget(at: now)
        if let channel = self.channels[number], channel.peer != peer { return .conflict }
        if let other = self.numbers[peer], other != number { return .conflict }
        guard self.channels[number] != nil || self.channels.count < TURNLimits.peers,
            self.permit(CollectionOfOne(peer.address), at: now)
        else { return .full }
        self.channels[number] = Channel(peer: peer, end: now + TURNLimits.channelLife)
        self.numbers[peer] = number
        return .bound
    }

    /// Forgets what has ended.
    func forget(at now: NIODeadline) {
        for (address, end) in self.permissions where end <= now { self.permissions[address] = nil }
        for (number, channel) in self.channels where channel.end <= now {
            self.channels[number] = nil
            self.numbers[channel.peer] = nil
        }
    }
}
