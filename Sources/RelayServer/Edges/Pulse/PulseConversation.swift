import NIOCore
import NIOWebSocket
import RelayAccess
import RelayCore
import RelayWire

/// What a client of Pulse's and the relay say to each other over one WebSocket, from the first byte on: where frames begin and end, which are
/// answered when, and how much waits. Who the client is its ``PulseIdentity`` knows. Lives on its connection's loop.
///
/// Frames are handled one after another, whatever messages they come in. Those behind one that waits for the store, or for a token to be
/// verified, wait too, and the WebSocket is not read meanwhile.
final class PulseConversation {
    /// Publishes that one connection may have under way before its next frame is handled.
    private static let mostUnderWay = 64
    /// Frames that are handled in a turn of the loop, before others have theirs.
    private static let mostInATurn = 256
    /// So few bytes that wait are not worth a charge.
    private static let smallChange = 4 << 10

    let services: PulseServices
    let loop: DeliveryLoop
    /// Nil before it is open, and once it closes or is gone. The two hold each other meanwhile.
    private(set) var connection: WebSocketConnection?
    private let identity: PulseIdentity
    private var frames: PulseFrameSplitter
    /// For the memory that ``frames`` holds. Nil where that is nothing, and for a stranger, whose gate is charged instead.
    private var charge: MemoryCharge?
    private var offences = PulseOffences()

    /// How many ask the store, or have a token verified. No frame is handled meanwhile.
    private var suspensions = 0
    /// Publishes whose result has not come.
    private var underWay = 0
    /// Whether ``handleFrames()`` is at work further up the stack.
    private var isHandling = false
    /// Whether answers have yet to be flushed.
    private var hasAnswered = false
    /// Whether the next frame is for another turn of the loop.
    private var isPaused = false
    /// Whether frames that have come wait.
    private var isWaiting = false

    init(_ client: PulseIdentity.Client, services: PulseServices, loop: DeliveryLoop) {
        self.identity = PulseIdentity(client)
        self.services = services
        self.loop = loop
        self.frames = PulseFrameSplitter(maximumFrame: services.limits.maxFrameBytes(isGuest: client.isGuest))
    }

    private var counts: PulseMetrics { self.services.counts }
}

// MARK: - The WebSocket

extension PulseConversation: WebSocketDialect {
    func opened(_ connection: WebSocketConnection) {
        self.connection = connection
        self.counts.connectionOpened()
        self.identity.opened(self)
    }

    func closed() {
        self.counts.connectionClosed()
        self.connection = nil
        self.drop()
        self.identity.closed()
    }

    var facts: ConnectionFacts? { self.identity.facts }

    /// A client that says nothing is pinged, and closed by ``pingTimes``.
    var idleReason: String? { nil }

    var pingTimes: PingSchedule.Times? {
        let limits = self.services.limits
        return PingSchedule.Times(interval: limits.heartbeat, patience: limits.timeout - limits.heartbeat)
    }

    var keepAlive: ByteBuffer? {
        let bytes = PulseBatch.frame(.ping(timestamp: self.services.clock.now().milliseconds))
        self.counts.answered(bytes.readableBytes)
        return bytes
    }

    var holdsBack: Bool { self.isWaiting }
    var hasWaiting: Bool { self.isWaiting }

    func drop() {
        let isGuest = self.identity.client.isGuest
        self.frames = PulseFrameSplitter(maximumFrame: self.services.limits.maxFrameBytes(isGuest: isGuest))
        self.charge = nil
        self.isWaiting = false
    }

    func drained() {
        self.goOn()
        self.identity.member?.drained()
    }

    func goingAway() -> WebSocketErrorCode {
        self.fail(0, PulseFailure(.connectionClosing, "The relay is restarting, connect again"))
        return .goingAway
    }

    func foundTooLarge() {
        self.fail(0, PulseFailure(.payloadTooLarge, "The message is longer than the relay takes"))
    }

    func received(text: ByteBuffer) { self.refuse(0, "Frames come in binary messages") }

    func received(binary: ByteBuffer) {
        self.frames.add(binary)
        self.handleFrames()
    }
}

// MARK: - Frames

extension PulseConversation {
    private var mayHandle: Bool {
        self.suspensions == 0 && !self.isPaused && self.underWay < Self.mostUnderWay
            && self.connection?.isWritable == true
    }

    /// Handles frames as long as it may. A frame whose work is done at once may call this again from inside its own handling.
    private func handleFrames() {
        guard !self.isHandling else { return }
        self.isHandling = true
        var handled = 0
        while self.mayHandle, let frame = self.nextFrame() {
            self.handle(frame, since: .now())
            handled += 1
            if handled == Self.mostInATurn { self.pause() }
        }
        self.isHandling = false
        if self.hasAnswered { self.connection?.flush() }
        self.hasAnswered = false
        self.isWaiting = self.connection != nil && !self.mayHandle && self.frames.heldBytes > 0
        self.chargeHeld()
    }

    private func pause() {
        guard self.frames.heldBytes > 0 else { return }
        self.isPaused = true
        self.loop.eventLoop.assumeIsolated().execute {
            self.isPaused = false
            self.goOn()
        }
    }

    /// Handles what had to wait, if that is over.
    private func goOn() {
        guard self.isWaiting else { return }
        self.handleFrames()
        if !self.isWaiting { self.connection?.hearOn() }
    }

    private func nextFrame() -> ByteBuffer? {
        do throws(PulseFrameTooLarge) {
            return try self.frames.next()
        } catch {
            self.foundTooLarge()
            self.connection?.close(.messageTooLarge, "A frame is longer than the relay takes")
            return nil
        }
    }

    private func handle(_ frame: ByteBuffer, since start: NIODeadline) {
        self.counts.received(PulseFraming.prefixSize + frame.readableBytes)
        do throws(PulseFrameError) {
            self.handle(try PulseClientFrame(frame), since: start)
        } catch {
            self.refuse(error.id, error.message)
        }
    }

    private func handle(_ frame: PulseClientFrame, since start: NIODeadline) {
        switch frame {
        case .connect(let version, let token): self.identity.connect(version, token, since: start)
        case .ping(let timestamp): self.answer(.pong(timestamp: timestamp), since: start)
        case .pong, .ofServer: break
        case .subscribe, .unsubscribe, .publish, .presence:
            guard let member = self.identity.member else { return self.fail(frame.requestID, .unauthorized) }
            member.received(frame, since: start)
        }
    }

    /// Answers what is no frame. What follows is read all the same, until there have been too many.
    private func refuse(_ id: UInt64, _ message: String) {
        self.fail(id, PulseFailure(.invalidFrame, message))
        self.noteOffence("Too many frames that can't be read")
    }

    func noteOffence(_ reason: String) {
        if self.offences.note(at: .now()) { self.connection?.close(.policyViolation, reason) }
    }

    /// Charges for what waits in ``frames``. For a stranger its gate was charged for all that it may send.
    private func chargeHeld() {
        guard case .known(let session) = self.identity.client else { return }
        let (held, charged) = (self.frames.heldBytes, self.charge?.bytes ?? 0)
        guard held > max(charged, Self.smallChange) || held < charged / 2 else { return }
        let account: MemoryAccount = session.isGuest ? .strangers : .requests
        self.charge = nil
        guard held > Self.smallChange, self.connection != nil else { return }
        // What becomes less can't be refused.
        guard held > charged else { return self.charge = self.services.sockets.memory.holdAnyway(held, in: account) }
        self.charge = self.services.sockets.memory.hold(held, in: account)
        guard self.charge == nil else { return }
        self.fail(0, PulseFailure(.rateLimited, AccessError(.overloaded).detail))
        self.connection?.close(.unexpectedServerError, AccessError(.overloaded).detail)
    }
}

extension PulseClientFrame {
    /// Nil where the client wants no answer.
    fileprivate var requestID: UInt64? {
        switch self {
        case .subscribe(let id, _, _, _), .unsubscribe(let id, _), .presence(let id, _, _, _): id
        case .publish(let id, _, _, _): id
        case .connect, .ping, .pong, .ofServer: nil
        }
    }
}

// MARK: - Answers

extension PulseConversation {
    /// Answers to frames that came together go out together.
    func send(_ frame: PulseServerFrame) {
        guard let connection = self.connection else { return }
        let bytes = PulseBatch.frame(frame)
        self.counts.answered(bytes.readableBytes)
        guard self.isHandling else { return connection.send(bytes) }
        connection.deliver(bytes)
        self.hasAnswered = true
    }

    /// - Parameter start: when the request came.
    func answer(_ frame: PulseServerFrame, since start: NIODeadline) {
        self.send(frame)
        self.counts.took(.now() - start)
    }

    /// The same where the answer may be megabytes.
    ///
    /// - Returns: false, with nothing answered, where there is no room for it.
    func answerLarge(_ frame: PulseServerFrame, since start: NIODeadline) -> Bool {
        let size = frame.size
        guard let connection = self.connection, connection.sendLarge(size, { PulseBatch.frame(frame) }) else {
            return self.connection == nil
        }
        self.counts.answered(size)
        self.counts.took(.now() - start)
        return true
    }

    /// Every failure goes this way, so that each is counted.
    ///
    /// - Parameter id: the request's; 0 where none is meant, nil where its client wants no answer.
    func fail(_ id: UInt64?, _ failure: PulseFailure) {
        self.counts.failed(failure.code)
        if let id { self.send(.error(id: id, failure.code, failure.message)) }
    }
}

// MARK: - Waiting

extension PulseConversation: Suspending {
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    ) {
        self.suspensions += 1
        self.connection?.suspend(work) { value in
            self.suspensions -= 1
            body(value)
            self.goOn()
        }
    }

    /// A publish is under way.
    func workBegan() {
        self.underWay += 1
        self.connection?.workBegan()
    }

    func workEnded() {
        self.underWay -= 1
        self.goOn()
        self.connection?.workEnded()
    }
}
