import NIOCore
import RelayQUIC
import RelaySessions
import RelayTunnels
import RelayWire

/// Streams and datagrams of tunnels.
extension QUICAllocation {
    func add(_ stream: SplicedStream) { self.streams[stream.id] = stream }

    /// A stream is at its end.
    func ended(_ stream: SplicedStream) {
        self.machine.ended(stream.id)
        if self.streams[stream.id] === stream { self.streams[stream.id] = nil }
    }

    /// A stream of the client's begins with this number.
    ///
    /// - Returns: the tunnel that it is a stream of.
    func begin(_ stream: SplicedStream, with number: UInt64) throws(AllocationRefusal) -> TunnelPlace {
        try self.machine.begin(stream.id, with: number)
    }

    /// A stream of the other peer's whose counterpart is to be opened here.
    struct Awaited {
        let stream: Counterpart
        let tunnel: RelayedTunnel
        let number: UInt64
    }

    func open(_ stream: Counterpart, of tunnel: RelayedTunnel, at number: UInt64) {
        let awaited = Awaited(stream: stream, tunnel: tunnel, number: number)
        guard self.connection != nil, self.machine.tunnel(number)?.tunnel === tunnel else {
            return stream.end(.unbound)
        }
        do throws(AllocationRefusal) {
            try self.machine.mayOpen(on: number, behind: self.awaited.count)
        } catch {
            return stream.end(.tooMany)
        }
        if !self.awaited.isEmpty || !self.open(awaited) { self.awaited.append(awaited) }
    }

    /// - Returns: false where the client takes no more streams for now.
    private func open(_ awaited: Awaited) -> Bool {
        guard let connection = self.connection, let place = self.machine.tunnel(awaited.number),
            place.tunnel === awaited.tunnel
        else {
            awaited.stream.end(.unbound)
            return true
        }
        do throws(QUICProblem) {
            let counterpart = try SplicedStream(
                openedOn: connection,
                of: self,
                place,
                awaited.number,
                for: awaited.stream
            )
            self.machine.join(counterpart.id, to: awaited.number)
            self.add(counterpart)
            awaited.stream.connect(to: counterpart.reference)
            return true
        } catch {
            guard error != .noStreamLeft else { return false }
            awaited.stream.end(.unbound)
            return true
        }
    }

    /// The client takes more streams than before.
    func connectionMayOpenStreams(_ connection: QUICConnection) {
        while let awaited = self.awaited.first, self.open(awaited) { self.awaited.removeFirst() }
    }

    /// - Parameter number: of a tunnel that is no more; nil for all.
    func giveUpAwaited(of number: UInt64?) {
        let gone = self.awaited.filter { number == nil || $0.number == number }
        self.awaited.removeAll { number == nil || $0.number == number }
        for awaited in gone { awaited.stream.end(.unbound) }
    }

    // MARK: Datagrams

    func connection(_ connection: QUICConnection, receivedDatagram bytes: ByteBuffer) {
        var payload = bytes
        guard self.member != nil, let number = payload.readQUICVarint(), let place = self.machine.tunnel(number)
        else { return self.services.metrics.droppedDatagram() }
        let count = payload.readableBytes
        self.services.carried.received(count, over: .quicRelay)
        guard place.bandwidth?.take(count, at: .now()) ?? true else { return self.drop(place.tunnel) }
        place.use?.carried(count)
        place.tunnel.carried(count, from: place.side)
        place.other.send(payload, of: place.tunnel)
    }

    func send(_ payload: ByteBuffer, of tunnel: RelayedTunnel, at number: UInt64) {
        guard let connection = self.connection, self.machine.tunnel(number)?.tunnel === tunnel else { return }
        var datagram = ByteBuffer()
        datagram.reserveCapacity(QUICVarint.longest + payload.readableBytes)
        datagram.writeQUICVarint(number)
        datagram.writeImmutableBuffer(payload)
        guard connection.send(datagram: datagram) else { return self.drop(tunnel) }
        self.services.carried.sent(payload.readableBytes, over: .quicRelay)
    }

    private func drop(_ tunnel: RelayedTunnel) {
        tunnel.droppedDatagram()
        self.services.metrics.droppedDatagram()
    }
}
