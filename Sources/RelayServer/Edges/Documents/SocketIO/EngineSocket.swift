import NIOCore
import NIOWebSocket
import RelayWire

/// The WebSocket of an Engine.IO session, which may live on another loop. Lives on its connection's loop.
final class EngineSocket {
    private enum Phase {
        /// A session that polls may change to it. Nothing else is heard until it has.
        case probing(Scheduled<Void>?)
        case carrying
    }

    /// How long a client may take to change to it.
    private static let patience = TimeAmount.seconds(10)
    /// Payloads of which so many bytes are copied behind their frame's head: two writes cost more than that.
    private static let smallPayload = 512

    /// Nil before it is open, and once it closes or is gone.
    private var connection: WebSocketConnection?
    private let loop: DeliveryLoop
    private let gate: StrangerGate?
    private var phase: Phase
    /// Set once the socket exists, before it is open.
    private var session: LoopReference<EngineSession>?
    /// Messages that the session has and has not handled. The next one waits here.
    private var handed = 0
    /// Whether the session has something under way.
    private var isBusy = false
    /// Whether what the session has given was more than the socket takes.
    private var isFull = false

    /// - Parameters:
    ///   - isProbing: whether the session has polled so far.
    ///   - gate: where the client is a stranger.
    init(isProbing: Bool, behind gate: StrangerGate?, on loop: DeliveryLoop) {
        self.phase = isProbing ? .probing(nil) : .carrying
        self.gate = gate
        self.loop = loop
    }

    var reference: LoopReference<EngineSocket> { LoopReference(self, on: self.loop.eventLoop) }

    /// Called once, before it is open.
    func serve(_ session: LoopReference<EngineSession>) { self.session = session }

    private func endProbe() {
        if case .probing(let timer) = self.phase { timer?.cancel() }
    }
}

// MARK: - What the session says

extension EngineSocket {
    func send(_ packets: [EnginePacket]) {
        guard let connection = self.connection else { return }
        for packet in packets {
            if packet.payload.readableBytes <= Self.smallPayload {
                connection.deliver(packet.frame)
            } else {
                connection.deliver(packet.frameHead)
                connection.deliver(packet.payload)
            }
        }
        connection.flush()
        self.isFull = !connection.isWritable
        if !self.isFull { self.tellReady() }
    }

    private func tellReady() {
        let own = self.reference
        self.session?.tell { $0.ready(own) }
    }

    func close(_ code: WebSocketErrorCode, _ reason: String) { self.connection?.close(code, reason) }

    func clientIsKnown() { self.gate?.lift() }

    func becameBusy(_ isBusy: Bool) {
        guard isBusy != self.isBusy else { return }
        self.isBusy = isBusy
        if isBusy { self.connection?.workBegan() } else { self.connection?.workEnded() }
    }

    /// The session is done with what it was handed last.
    private func handled() {
        self.handed -= 1
        self.connection?.workEnded()
    }
}

// MARK: - What the client says

extension EngineSocket: WebSocketDialect {
    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        self.gate?.onExcess = { [weak self] in self?.close(.unauthorized, "Too much before a token") }
        if case .probing = self.phase {
            let timer = self.loop.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { [weak self] () -> Void in
                self?.close(.policyViolation, "No upgrade in time")
            }
            self.phase = .probing(timer)
        } else {
            self.session?.tell { $0.begin() }
        }
    }

    func closed() {
        self.connection = nil
        self.endProbe()
        let own = self.reference
        // The two hold each other.
        self.session.take()?.tell { $0.lost(own) }
    }

    func drained() {
        guard self.isFull, self.connection?.isWritable == true else { return }
        self.isFull = false
        self.tellReady()
    }

    var holdsBack: Bool { self.handed > 0 }

    /// Its session tells.
    var facts: ConnectionFacts? { nil }

    /// The session closes what is not used.
    var idleReason: String? { nil }

    func foundTooLarge() {
        if let error = DocumentNotice.error(.tooLarge) { self.connection?.send(error.packet.frame) }
    }

    func received(text: ByteBuffer) {
        do throws(SocketIOError) {
            let packet = try EnginePacket(text: text)
            switch self.phase {
            case .carrying: self.hand(packet)
            case .probing: self.probed(by: packet)
            }
        } catch {
            self.close(.protocolError, "Malformed packet")
        }
    }

    func received(binary: ByteBuffer) {
        switch self.phase {
        case .carrying: self.hand(EnginePacket(binary: binary))
        case .probing: self.close(.protocolError, "Malformed packet")
        }
    }

    private func hand(_ packet: EnginePacket) {
        guard let session = self.session else { return }
        let own = self.reference
        self.handed += 1
        self.connection?.workBegan()
        session.tell { session in
            session.received([packet]) { _ in own.tell { $0.handled() } }
        }
    }

    private static let probe = ByteBuffer(string: "probe")

    private func probed(by packet: EnginePacket) {
        let own = self.reference
        switch packet.type {
        case .ping where packet.payload == Self.probe:
            self.connection?.send(EnginePacket(.pong, Self.probe).frame)
            self.session?.tell { $0.probed(by: own) }
        case .upgrade:
            self.endProbe()
            self.phase = .carrying
            self.session?.tell { $0.upgraded(to: own) }
        default: self.close(.policyViolation, "No probe")
        }
    }
}
