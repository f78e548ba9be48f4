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
        case .deliver(let event): return .event(event)
        case .renewToken:
            self.bearer = try await self.subscription.keeper.renewToken(on: connection, rejecting: self.bearer)
            return .again
        case .ignore: return .again
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
