import NIOCore

/// Carries out what ``SubscriptionState`` decides. Owner of its state: the one task that iterates.
final class SubscriptionRun {
    private enum Step {
        case event(SubscriptionEvent)
        case again
        case finished
    }

    private let subscription: Subscription
    private var state: SubscriptionState
    private var connection: WebSocketConnection?
    /// Runs until the relay answers `subscribe`.
    private var answerTimer: Scheduled<Void>?
    private var delay: Duration?
    private var bearer: String?
    private var rejectedBearer: String?
    private var isFinished = false
    /// Of a named reader.
    private var consumed = ConsumedMessages()
    private var random = SystemRandomNumberGenerator()

    init(_ subscription: Subscription) {
        self.subscription = subscription
        self.state = SubscriptionState(
            cursors: CursorTable(subscription.options.cursors),
            backoff: subscription.options.backoff,
            maxAttempts: subscription.options.maxAttempts
        )
    }

    deinit {
        self.answerTimer?.cancel()
        self.connection?.close()
    }

    func next() async throws -> SubscriptionEvent? {
        self.consumed.finishGiven()
        while !self.isFinished {
            do {
                switch try await self.step() {
                case .event(let event): return event
                case .again: continue
                case .finished: self.finish()
                }
            } catch {
                self.finish()
                throw error
            }
        }
        return nil
    }

    private func step() async throws -> Step {
        guard let connection else { return try await self.connect() }
        if self.state.isSubscribed, self.consumed.hasDone { await self.acknowledge(on: connection) }
        switch try await connection.receive() {
        case .message(let message): return try await self.received(message, on: connection)
        case .ended(let end): return try self.ended(end)
        }
    }

    private func received(_ message: ByteBuffer, on connection: WebSocketConnection) async throws -> Step {
        let frame: ServerFrame
        do throws(JSONDocumentError) {
            frame = try ServerFrame.decode(message.readableBytesView)
        } catch {
            return try self.ended(.nonsense(error))
        }
        if case .subscribed = frame { self.answerTimer?.cancel() }
        switch self.state.received(frame) {
        case .deliver(let event):
            if case .message(let message) = event { self.give(message) }
            return .event(event)
        case .renewToken:
            self.bearer = try await self.subscription.keeper.renewToken(on: connection, rejecting: self.bearer)
            return .again
        case .ignore: return .again
        }
    }

    private func give(_ message: RelayMessage) {
        if self.subscription.options.reader != nil { self.consumed.give(message) }
    }

    /// Acknowledges what is done when no message waits, or much is done. So a stream of messages costs a frame now and then.
    ///
    /// A connection that breaks here tells so when it is read. What was not acknowledged comes again, if this program ends before the next.
    private func acknowledge(on connection: WebSocketConnection) async {
        do {
            if !self.consumed.isMuch, try await !connection.hasNothing() { return }
            for frame in self.consumed.takeFrames() { try await connection.send(frame.text) }
        } catch {
            return
        }
    }

    private func ended(_ end: ConnectionEnd) throws -> Step {
        self.dropConnection()
        switch self.state.connectionEnded(end, using: &self.random) {
        case .reconnect(let event, let delay):
            self.delay = delay
            return .event(event)
        case .authenticateAgain:
            self.rejectedBearer = self.bearer
            return .again
        case .finish:
            return .finished
        case .fail(let error):
            throw error
        }
    }

    private func finish() {
        self.isFinished = true
        self.dropConnection()
    }

    private func dropConnection() {
        self.answerTimer?.cancel()
        self.answerTimer = nil
        self.connection?.close()
        self.connection = nil
    }
}

// MARK: - Connecting

extension SubscriptionRun {
    private func connect() async throws -> Step {
        if let delay {
            self.delay = nil
            try await self.subscription.clock.sleep(for: delay)
        }
        let bearer: String
        do {
            bearer = try await self.subscription.keeper.accessToken(rejecting: self.rejectedBearer)
        } catch let error as RelayError {
            return try self.ended(.unauthenticated(error))
        }
        self.bearer = bearer
        return try await self.open(bearer)
    }

    private func open(_ bearer: String) async throws -> Step {
        let end: ConnectionEnd
        do {
            switch try await self.subscription.connector.connect(bearer: bearer) {
            case .open(let connection):
                try await self.subscribe(on: connection)
                return .again
            case .refused(let reply):
                end = .refused(reply)
            }
        } catch let error as CancellationError {
            throw error
        } catch {
            end = .lost(error)
        }
        return try self.ended(end)
    }

    private func subscribe(on connection: WebSocketConnection) async throws {
        let options = self.subscription.options
        self.connection = connection
        self.answerTimer = connection.close(after: TimeAmount(options.connectTimeout))
        try await connection.send(options.subscribeFrame(cursors: self.state.cursors).text)
    }
}
