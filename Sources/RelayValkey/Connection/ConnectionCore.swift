import NIOCore
import NIOSSL

/// The state of one connection, on its event loop: the link that keeps it up, and the handler while it is.
final class ConnectionCore {
    private let loop: any EventLoop
    private let configuration: ValkeyConfiguration
    private let link: Link
    private let board: StateBoard
    private let onChange: @Sendable () -> Void
    private var handler: PipelineHandler?
    private var lastError: ValkeyError?
    private var downSince: NIODeadline
    private var isClosed = false

    init(
        _ loop: any EventLoop,
        _ address: ValkeyAddress,
        _ configuration: ValkeyConfiguration,
        tls: NIOSSLContext?,
        board: StateBoard,
        onChange: @escaping @Sendable () -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.link = Link(loop, address, configuration, tls: tls)
        self.board = board
        self.onChange = onChange
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

    func send(_ command: ValkeyCommand, deadline: NIODeadline?, _ waiter: PipelineHandler.Waiter) {
        guard let handler = self.handler else { return waiter.fail(self.refusal) }
        handler.send(command, deadline: deadline, waiter)
    }

    func send(_ commands: [ValkeyCommand], deadline: NIODeadline?, _ waiter: PipelineHandler.Waiter) {
        guard let handler = self.handler else { return waiter.fail(self.refusal) }
        handler.send(commands, deadline: deadline, waiter)
    }

    func close() -> EventLoopFuture<Void> {
        self.isClosed = true
        let handler = self.handler
        self.handler = nil
        handler?.close(.closed)
        self.set(.closed)
        return self.link.close()
    }

    private var refusal: ValkeyError {
        self.isClosed ? .closed : .unavailable(self.lastError)
    }

    private func established(_ channel: any Channel) throws {
        let events = PipelineHandler.Events(
            silence: { since in self.set(since.map { .unresponsive(since: $0) } ?? .connected) },
            ended: { error in
                self.ended(error)
                self.link.fail(error)
            }
        )
        let handler = PipelineHandler(self.configuration, self.loop, events)
        try channel.pipeline.syncOperations.addHandler(handler)
        self.handler = handler
        self.set(.connected)
    }

    private func ended(_ error: ValkeyError) {
        guard !self.isClosed else { return }
        if self.handler != nil { self.downSince = self.loop.now }
        self.handler = nil
        self.lastError = error
        self.set(
            error.code == .refused
                ? .refused(message: error.message)
                : .connecting(since: self.downSince, lastError: error)
        )
    }

    private func set(_ state: ValkeyState) {
        self.board.set(state)
        self.onChange()
    }
}
