/// The events of a set of topics, over a WebSocket that reconnects by itself.
///
/// Each message comes once and in the order of its topic, over all reconnections. Every new connection continues at
/// the cursors of the last one. At most ``SubscriptionOptions/maxBufferedBytes`` and one message wait in memory;
/// beyond that the socket isn't read, and the relay waits.
///
/// Each iterator is a subscription of its own. It connects at the first `next()`. Between two calls it only buffers
/// and answers pings. It closes its connection when it is released. Cancelling the iterating task ends it with
/// `CancellationError`. It throws ``RelayError`` where trying again is no use, and ends without an error where the
/// relay closes in good order.
public struct Subscription: AsyncSequence, Sendable {
    /// What it gives.
    public typealias Element = SubscriptionEvent
    /// ``RelayError``, or `CancellationError`.
    public typealias Failure = any Error

    let options: SubscriptionOptions
    let connector: WebSocketConnector<WebSocketConnection>
    let keeper: TokenKeeper
    let clock: any Clock<Duration>

    /// Connects at the first ``Iterator/next()``. For one reader.
    public func makeAsyncIterator() -> Iterator {
        Iterator(run: SubscriptionRun(self))
    }

    /// Gives the events in their order.
    public struct Iterator: AsyncIteratorProtocol {
        let run: SubscriptionRun

        /// Waits for the next event. Nil once the subscription has ended.
        public mutating func next() async throws -> SubscriptionEvent? {
            try await self.run.next()
        }

        /// Waits for the next event, on the caller's actor. Nil once the subscription has ended.
        public mutating func next(isolation actor: isolated (any Actor)?) async throws -> SubscriptionEvent? {
            try await self.run.next()
        }
    }
}

extension RelayClient {
    /// - Throws: ``RelayError`` with code `invalidInput`, or the TLS library's error where the trust settings are unusable.
    public func subscribe(_ options: SubscriptionOptions) throws -> Subscription {
        try options.check()
        return Subscription(
            options: options,
            connector: try WebSocketConnector<WebSocketConnection>(
                endpoint: self.endpoint,
                tls: self.configuration.tls,
                options: options
            ),
            keeper: self.keeper,
            clock: self.configuration.clock
        )
    }
}
