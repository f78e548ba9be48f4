import NIOCore

/// A request or a WebSocket's conversation: it lives on an event loop, and sometimes has to wait there for work that suspends.
protocol Suspending: AnyObject {
    /// The loop that it lives on.
    var loop: DeliveryLoop { get }

    /// Does something that suspends, and goes on with its result on the loop, unless the peer has left meanwhile.
    ///
    /// Where there is no room for it, the peer is told so, and `body` is never called.
    func suspend<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        then body: @escaping (Value) -> Void
    )
}

extension TaskLane {
    /// Runs `work`, and then `body` with its result on the event loop, where this is called too.
    ///
    /// - Returns: false where the lane is full or has closed, and nothing will run.
    func run<Value: Sendable>(
        _ work: @escaping @Sendable () async -> Value,
        on eventLoop: any EventLoop,
        then body: @escaping (Value) -> Void
    ) -> Bool {
        let bound = NIOLoopBound(body, eventLoop: eventLoop)
        return self.run {
            let value = await work()
            eventLoop.execute { bound.value(value) }
        }
    }
}
