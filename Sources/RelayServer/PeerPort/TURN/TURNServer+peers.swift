import NIOCore
import RelayWire

/// To whom allocations send, and from whom they take.
extension TURNServer {
    /// CreatePermission: all of the addresses, or none.
    func permit(_ allocation: TURNAllocation, _ message: STUNMessage, at now: NIODeadline) throws(TURNRefusal) {
        let peers = try TURNRefusal.onBadRequest { () throws(STUNError) in
            try message.addresses(.xorPeerAddress, limit: TURNLimits.peers + 1)
        }
        guard !peers.isEmpty else { throw TURNRefusal(.badRequest) }
        for peer in peers { try self.check(peer.address) }
        guard allocation.permit(peers.map(\.address), at: now) else { throw TURNRefusal(.insufficientCapacity) }
    }

    /// ChannelBind.
    func bind(_ allocation: TURNAllocation, _ message: STUNMessage, at now: NIODeadline) throws(TURNRefusal) {
        let number = try TURNRefusal.onBadRequest { () throws(STUNError) in try message.channelNumber() }
        let peer = try TURNRefusal.onBadRequest { () throws(STUNError) in try message.address(.xorPeerAddress) }
        guard let number, let peer, TURNChannelData.numbers.contains(number), peer.port != 0 else {
            throw TURNRefusal(.badRequest)
        }
        try self.check(peer.address)
        switch allocation.bind(number, to: peer, at: now) {
        case .bound: return
        case .conflict: throw TURNRefusal(.badRequest)
        case .full: throw TURNRefusal(.insufficientCapacity)
        }
    }

    private func check(_ address: IPAddress) throws(TURNRefusal) {
        guard address.family == self.relayed.family else { throw TURNRefusal(.peerAddressFamilyMismatch) }
        guard self.policy.judge(address) != .denied else { throw TURNRefusal(.forbidden) }
    }

    // MARK: Data

    /// Channel data of a client.
    ///
    /// - Parameter size: of the data, bytes.
    func deliver(channel number: UInt16, size: Int, of client: TURNClient, at now: NIODeadline) -> TURNDelivery {
        guard let allocation = self.allocation(of: client), let peer = allocation.channel(number, at: now) else {
            return .drop(.noPermission)
        }
        return self.deliver(size, to: peer, of: allocation, at: now)
    }

    /// A Send indication of a client.
    ///
    /// - Returns: nil where it is none: it asks for nothing that can be refused.
    func deliver(
        indication message: STUNMessage,
        of client: TURNClient,
        at now: NIODeadline
    ) -> (data: ByteBuffer, delivery: TURNDelivery)? {
        guard let peer = try? message.address(.xorPeerAddress), peer.port != 0, let data = message.value(.data),
            !message.has(.dontFragment), message.unknownAttributes(limit: 1).isEmpty
        else { return nil }
        guard let allocation = self.allocation(of: client), allocation.permits(peer.address, at: now) else {
            return (data, .drop(.noPermission))
        }
        return (data, self.deliver(data.readableBytes, to: peer, of: allocation, at: now))
    }

    private func deliver(
        _ size: Int,
        to peer: TransportAddress,
        of allocation: TURNAllocation,
        at now: NIODeadline
    ) -> TURNDelivery {
        guard allocation.isOpen, allocation.end > now else { return .drop(.noPermission) }
        guard allocation.allowance.take(size, at: now) else { return .drop(.tooMuch) }
        self.link(allocation, with: peer)?.out.carried(size)
        guard peer.address == self.relayed else { return .send(slot: allocation.slot, to: peer) }
        if let other = self.allocation(onPort: peer.port) {
            return .hand(slot: other.slot, from: TransportAddress(self.relayed, port: allocation.port))
        }
        return self.policy.isAllowedExpressly(peer.address) ? .send(slot: allocation.slot, to: peer) : .drop(.denied)
    }

    /// What a peer sent to the slot's relayed port. What was cut goes to nobody: it is not what the peer sent.
    func arrived(_ size: Int, from peer: TransportAddress, at slot: Int, now: NIODeadline) -> TURNArrival {
        guard let allocation = self.slots[slot], allocation.isOpen, allocation.end > now else {
            return .drop(.noPermission)
        }
        guard allocation.permits(peer.address, at: now) else { return .drop(.noPermission) }
        guard size < DatagramArrival.maximumSize else { return .drop(.tooLong) }
        guard allocation.allowance.take(size, at: now) else { return .drop(.tooMuch) }
        // What was handed over inside has been accounted for where it was sent.
        if peer.address != self.relayed { self.link(allocation, with: peer)?.back.carried(size) }
        return allocation.number(of: peer, at: now).map(TURNArrival.channel) ?? .indication
    }
}
