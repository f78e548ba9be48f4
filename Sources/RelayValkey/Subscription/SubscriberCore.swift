import NIOCore
import NIOSSL

/// The state of a subscriber, on its event loop: what is wanted, the link, and the handler while there is a connection.
final class SubscriberCore {
    private let loop: any EventLoop
    private let configuration: ValkeyConfiguration
    private let link: Link
    private let board: StateBoard
    private let tell: @Sendable (ValkeySubscriberEvent) -> Void
    private let onChange: @Sendable () -> Void
    private var table = SubscriptionTable()
    private var handler: SubscriberHandler?
    private var downSince: NIODeadline

    init(
        _ loop: any EventLoop,
        _ address: ValkeyAddress,
        _ configuration: ValkeyConfiguration,
        tls: NIOSSLContext?,
        board: StateBoard,
        onChange: @escaping @Sendable () -> Void,
        tell: @escaping @Sendable (ValkeySubscriberEvent) -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.link = Link(loop, address, configuration, tls: tls)
        self.board = board
        self.onChange = onChange
        self.tell = tell
        self.downSince = .now()
    }

    func start() {
        self.link.start(
            Link.Events(
                established: { try self.established($0) },
                ended: { self.ended($0) }
            )
        )
    }

    func subscribe(_ channel: ValkeyChannel) {
        if let request = self.table.subscribe(channel) { self.handler?.send(request.command) }
    }

    func unsubscribe(_ channel: ValkeyChannel) {
        if let request = self.table.unsubscribe(channel) { self.handler?.send(request.command) }
    }

    func close() -> EventLoopFuture<Void> {
        self.handler?.close(.closed)
        self.handler = nil
        self.set(.closed)
        return self.link.close()
    }

    private func established(_ channel: any Channel) throws {
        let events = SubscriberHandler.Events(
            received: { self.received($0) },
            silence: { since in self.set(since.map { .unresponsive(since: $0) } ?? .connected) }
        )
        let handler = SubscriberHandler(self.configuration, self.loop, events)
        try channel.pipeline.syncOperations.addHandler(handler)
        self.handler = handler
        let (requests, isRestored) = self.table.connected()
        for request in requests { handler.send(request.command) }
        self.set(.connected)
        if isRestored { self.tell(.restored) }
    }

    private func ended(_ error: ValkeyError) {
        let error = self.handler?.reason ?? error
        if self.handler != nil { self.downSince = self.loop.now }
        self.handler = nil
        let wasConnected = self.table.disconnected()
        self.set(
            error.code == .refused
                ? .refused(message: error.message)
                : .connecting(since: self.downSince, lastError: error)
        )
        if wasConnected { self.tell(.lost) }
    }

    /// - Returns: false if the server says what it can't mean.
    private func received(_ reply: SubscriberReply) -> Bool {
        switch reply {
        case .message(let channel, let payload):
            if self.table.delivers(channel) { self.tell(.message(channel, payload: payload)) }
            return true
        case .subscribed(let channel): return self.tell(all: self.table.subscribed(channel))
        case .unsubscribed(let channel): return self.tell(all: self.table.unsubscribed(channel))
        case .error(let error): return self.tell(all: self.table.refused(error))
        case .pong: return true
        }
    }

    private func tell(all events: [ValkeySubscriberEvent]?) -> Bool {
        guard let events else { return false }
        for event in events { self.tell(event) }
        return true
    }

    private func set(_ state: ValkeyState) {
        self.board.set(state)
        self.onChange()
    }
}
