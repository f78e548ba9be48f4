import NIOCore
import NIOSSL

/// One connection to a server that comes back by itself. May be used from anywhere; from its own event loop without a hop.
final class ValkeyConnection: Sendable {
    let loop: any EventLoop
    let board: StateBoard
    private let core: NIOLoopBoundBox<ConnectionCore>

    init(
        _ loop: any EventLoop,
        _ address: ValkeyAddress,
        _ configuration: ValkeyConfiguration,
        tls: NIOSSLContext?,
        onChange: @escaping @Sendable () -> Void
    ) {
        let board = StateBoard(.connecting(since: .now(), lastError: nil))
        let core = ConnectionCore(loop, address, configuration, tls: tls, board: board, onChange: onChange)
        self.loop = loop
        self.board = board
        self.core = NIOLoopBoundBox.makeBoxSendingValue(core, eventLoop: loop)
    }

    func start() {
        self.loop.execute { self.core.value.start() }
    }

    func send(_ command: ValkeyCommand, deadline: NIODeadline?, _ waiter: PipelineHandler.Waiter) {
        guard !self.loop.inEventLoop else { return self.core.value.send(command, deadline: deadline, waiter) }
        self.loop.execute { self.core.value.send(command, deadline: deadline, waiter) }
    }

    func send(_ commands: [ValkeyCommand], deadline: NIODeadline?, _ waiter: PipelineHandler.Waiter) {
        guard !self.loop.inEventLoop else { return self.core.value.send(commands, deadline: deadline, waiter) }
        self.loop.execute { self.core.value.send(commands, deadline: deadline, waiter) }
    }

    func close() -> EventLoopFuture<Void> {
        self.loop.flatSubmit { self.core.value.close() }
    }
}
