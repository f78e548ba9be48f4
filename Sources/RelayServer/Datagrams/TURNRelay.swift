import NIOCore
import NIOPosix
import RelayDatagrams
import RelayWire

/// The relayed ports of TURN: opens and closes their sockets, and carries data, as ``TURNServer`` decides.
///
/// Lives on the loop of the port's sockets, as relayed ports do.
final class TURNRelay {
    /// Where relayed ports are bound.
    private let host: String
    private let loop: any EventLoop
    private let intake: DatagramIntake
    private let metrics: TURNMetrics
    private var server: TURNServer
    private var places: [Place?] = []
    private let ownAddresses: @Sendable () -> Set<IPAddress>
    private var sweep: RepeatedTask?
    private var sweeps = 0

    /// Data of this turn that have not left yet, and their way.
    private var run = DatagramRun()
    private var way: Way?
    private var cutting = DatagramCutting.bySystem

    /// Where data go.
    private enum Way: Equatable {
        case client(slot: Int)
        case peer(TransportAddress, slot: Int)
    }

    /// What a slot of the server's has.
    private struct Place {
        let line: TURNLine
        /// Nil until it is open.
        var socket: DatagramSocket?
    }

    private static let sweepInterval = TimeAmount.seconds(1)
    /// Sweeps from one look at this machine's addresses to the next.
    private static let sweepsOfAddresses = 30

    /// - Parameters:
    ///   - intake: the port's.
    ///   - ownAddresses: this machine's, as they are when it is asked.
    init(
        _ server: TURNServer,
        host: String,
        on loop: any EventLoop,
        intake: DatagramIntake,
        metrics: TURNMetrics,
        ownAddresses: @escaping @Sendable () -> Set<IPAddress>
    ) {
        self.ownAddresses = ownAddresses
        self.server = server
        self.intake = intake
        self.host = host
        self.loop = loop
        self.metrics = metrics
    }

    // MARK: Life

    /// Begins to end what has expired.
    func start() {
        let bound = NIOLoopBound(self, eventLoop: self.loop)
        self.sweep = self.loop.scheduleRepeatedTask(initialDelay: Self.sweepInterval, delay: Self.sweepInterval) { _ in
            bound.value.expire(at: .now())
        }
    }

    func stop() {
        self.sweep?.cancel()
        for slot in self.places.indices { self.close(slot) }
    }

    private func expire(at now: NIODeadline) {
        self.flush()
        for slot in self.server.expire(at: now) { self.close(slot) }
        self.sweeps += 1
        guard self.sweeps.isMultiple(of: Self.sweepsOfAddresses) else { return }
        self.server.ownAddressesChanged(to: self.ownAddresses())
    }

    func left(_ client: TURNClient) {
        self.flush()
        if let slot = self.server.left(client) { self.close(slot) }
    }

    func hasAllocation(_ client: TURNClient) -> Bool { self.server.allocation(of: client) != nil }

    // MARK: Requests

    func answer(
        _ message: STUNMessage,
        _ arrival: DatagramArrival,
        by line: TURNLine,
        _ buckets: inout SourceBuckets,
        at now: NIODeadline
    ) -> TURNOutcome {
        // A slot may get another client by this.
        self.flush()
        switch self.server.decide(message, arrival, &buckets, at: now) {
        case .answer(let bytes):
            return .answer(bytes)
        case .close(let slot, let bytes):
            self.close(slot)
            return .answer(bytes)
        case .open(let slot, let port):
            while self.places.count <= slot { self.places.append(nil) }
            self.places[slot] = Place(line: line)
            self.open(slot, port)
            return .later
        case .ignore(let reason):
            return .ignore(reason)
        }
    }

    private func open(_ slot: Int, _ port: UInt16) {
        let bound = NIOLoopBound((relay: self, allocation: self.server.slots[slot]), eventLoop: self.loop)
        DatagramBootstrap(group: self.loop)
            .channelOption(.maxMessagesPerRead, value: DatagramListener.datagramsPerRead)
            .channelOption(
                .recvAllocator,
                value: FixedSizeRecvByteBufferAllocator(capacity: DatagramListener.maximumDatagram)
            )
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let handler = RelayedSocketHandler(relay: bound.value.relay, slot: slot)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .bind(host: self.host, port: Int(port))
            .whenComplete { result in
                let (relay, allocation) = bound.value
                relay.opened(slot, allocation, result)
            }
    }

    private func opened(_ slot: Int, _ allocation: TURNAllocation?, _ result: Result<any Channel, any Error>) {
        guard let allocation, self.server.slots[slot] === allocation else {
            // Its client has left meanwhile.
            if case .success(let channel) = result { channel.close(promise: nil) }
            return
        }
        switch result {
        case .success(let channel):
            self.places[slot]?.socket = DatagramSocket(channel)
            let answer = self.server.opened(slot, at: .now())
            self.metrics.allocated(active: self.server.count)
            if let answer { _ = self.places[slot]?.line.send(answer) }
        case .failure:
            switch self.server.failed(slot) {
            case .open(let port): self.open(slot, port)
            case .answer(let bytes):
                _ = self.places[slot]?.line.send(bytes)
                self.places[slot] = nil
            case nil: break
            }
        }
    }

    private func close(_ slot: Int) {
        guard let place = self.places[slot] else { return }
        self.places[slot] = nil
        place.socket?.channel.close(promise: nil)
        self.metrics.ended(active: self.server.count)
    }

    // MARK: Data

    /// - Parameter bytes: channel data as they came.
    func relay(channelData bytes: ByteBuffer, of client: TURNClient, at now: NIODeadline) {
        guard let message = TURNChannelData(bytes) else { return self.metrics.drop(.noPermission) }
        let size = message.data.readableBytes
        let delivery = self.server.deliver(channel: message.number, size: size, of: client, at: now)
        self.carry(message.data, delivery, at: now)
    }

    /// - Returns: whether it is a Send indication.
    func relay(indication message: STUNMessage, of client: TURNClient, at now: NIODeadline) -> Bool {
        guard let (data, delivery) = self.server.deliver(indication: message, of: client, at: now) else { return false }
        self.carry(data, delivery, at: now)
        return true
    }

    private func carry(_ data: ByteBuffer, _ delivery: TURNDelivery, at now: NIODeadline) {
        switch delivery {
        case .send(let slot, let peer):
            self.gather(data, channel: nil, payload: data.readableBytes, .peer(peer, slot: slot))
        case .hand(let slot, let peer):
            self.metrics.sent(data.readableBytes)
            self.received(data, from: peer, at: slot, now)
        case .drop(let reason):
            self.metrics.drop(reason)
        }
    }

    /// What came to a relayed port.
    func received(_ data: ByteBuffer, from peer: TransportAddress, at slot: Int, _ now: NIODeadline) {
        let number: UInt16?
        switch self.server.arrived(data.readableBytes, from: peer, at: slot, now: now) {
        case .channel(let channel): number = channel
        case .indication: number = nil
        case .drop(let reason): return self.metrics.drop(reason)
        }
        guard let line = self.places[slot]?.line else { return self.metrics.drop(.unsent) }
        let message = number == nil ? Self.indication(data, from: peer) : data
        guard case .stream = line else {
            return self.gather(message, channel: number, payload: data.readableBytes, .client(slot: slot))
        }
        guard line.send(number.map { TURNLine.streamed(data, channel: $0) } ?? message) else {
            return self.metrics.drop(.unsent)
        }
        self.metrics.received(data.readableBytes)
    }

    private func gather(_ datagram: ByteBuffer, channel: UInt16?, payload: Int, _ way: Way) {
        if self.way != way || !self.run.takes(datagram, channel: channel, payload: payload) { self.flush() }
        self.way = way
        self.run.append(datagram, channel: channel, payload: payload)
    }

    /// What came to a relayed port behind the datagram that its channel took.
    func receiveRest(at slot: Int) {
        if let socket = self.places[slot]?.socket {
            let now = NIODeadline.now()
            self.intake.read(socket) { self.received($0.bytes, from: $0.source, at: slot, now) }
        }
        self.flush()
    }

    /// Sends what was gathered. To be called at the end of each turn of reading.
    func flush() {
        guard let way else { return }
        let sent: Int
        switch way {
        case .peer(let peer, let slot):
            sent = self.places[slot]?.socket?.send(self.run, to: peer, &self.cutting) ?? 0
            self.metrics.sent(self.run.payload(ofFirst: sent))
        case .client(let slot):
            if case .datagram(let socket, let client) = self.places[slot]?.line {
                sent = socket.send(self.run, to: client, &self.cutting)
            } else {
                sent = 0
            }
            self.metrics.received(self.run.payload(ofFirst: sent))
        }
        if sent < self.run.count { self.metrics.drop(.unsent, count: self.run.count - sent) }
        self.run.clear()
        self.way = nil
    }

    private static func indication(_ data: ByteBuffer, from peer: TransportAddress) -> ByteBuffer {
        let transaction = STUNTransaction(high: .random(in: .min ... .max), low: .random(in: .min ... .max))
        var message = STUNMessageWriter(STUNMessageType(.data, .indication), transaction)
        message.add(.xorPeerAddress, address: peer)
        message.add(.data, data)
        return message.bytes
    }
}

/// What became of a message of TURN.
enum TURNOutcome {
    case answer(ByteBuffer)
    /// The answer goes its way once a socket is open.
    case later
    case ignore(DatagramIgnored)
    /// Data that went on, or were dropped.
    case relayed
}
