import NIOCore
import NIOPosix
import NIOSSL

/// Keeps one connection to a server up: connects, introduces itself, and begins again after each loss, until it is closed.
///
/// All of it happens on its event loop. Whoever owns it keeps it alive and closes it.
final class Link {
    /// What the owner is told, on the loop.
    struct Events {
        /// The connection is ready; the owner adds its handler.
        var established: (any Channel) throws -> Void
        /// It is gone, or an attempt failed. The next attempt follows by itself.
        var ended: (ValkeyError) -> Void
    }

    private let loop: any EventLoop
    private let address: ValkeyAddress
    private let configuration: ValkeyConfiguration
    private let tls: NIOSSLContext?
    private var state: LinkState
    private var events: Events?
    private var channel: (any Channel)?
    private var reason: ValkeyError?
    private var timer: Scheduled<Void>?

    init(_ loop: any EventLoop, _ address: ValkeyAddress, _ configuration: ValkeyConfiguration, tls: NIOSSLContext?) {
        self.loop = loop
        self.address = address
        self.configuration = configuration
        self.tls = tls
        self.state = LinkState(configuration.backoff)
    }

    func start(_ events: Events) {
        self.events = events
        self.run(self.state.start())
    }

    /// Closes the connection for a reason, which `ended` will tell. Does nothing if there is none.
    func fail(_ error: ValkeyError) {
        guard let channel = self.channel else { return }
        if self.reason == nil { self.reason = error }
        channel.close(promise: nil)
    }

    /// - Returns: a future that succeeds when the connection is gone.
    func close() -> EventLoopFuture<Void> {
        self.state.close()
        self.timer?.cancel()
        self.events = nil
        guard let channel = self.channel else { return self.loop.makeSucceededVoidFuture() }
        self.channel = nil
        channel.close(promise: nil)
        return channel.closeFuture
    }

    private func run(_ action: LinkState.Action) {
        switch action {
        case .nothing:
            return
        case .connect(let attempt):
            self.connect(attempt)
        case .wait(let delay):
            self.timer = self.loop.assumeIsolated().scheduleTask(in: delay) { self.run(self.state.waited()) }
        }
    }

    private func connect(_ attempt: Int) {
        let me = NIOLoopBound(self, eventLoop: self.loop)
        self.timer = self.loop.assumeIsolated().scheduleTask(in: self.configuration.connectTimeout) {
            self.ended(attempt, .timedOut(mayHaveRun: false))
        }
        ClientBootstrap(group: self.loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: 1)
            .connectTimeout(self.configuration.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try me.value.prepare(channel, attempt) }
            }
            .connect(host: self.address.host, port: self.address.port)
            .assumeIsolated()
            .whenComplete { result in
                switch result {
                case .success(let channel): self.connected(channel, attempt)
                case .failure(let error): self.ended(attempt, .unavailable(error))
                }
            }
    }

    private func prepare(_ channel: any Channel, _ attempt: Int) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls = self.tls {
            try pipeline.addHandler(NIOSSLClientHandler(context: tls, serverHostname: self.address.serverName))
        }
        try pipeline.addHandler(
            HandshakeHandler(self.configuration) { channel, result in self.introduced(channel, attempt, result) }
        )
    }

    /// TCP is up. An attempt that is too late is dropped.
    private func connected(_ channel: any Channel, _ attempt: Int) {
        guard self.state.isConnecting(attempt) else {
            channel.close(promise: nil)
            return
        }
        self.channel = channel
        channel.closeFuture.assumeIsolated().whenComplete { _ in
            self.ended(attempt, .disconnected(mayHaveRun: false))
        }
    }

    private func introduced(_ channel: any Channel, _ attempt: Int, _ result: Result<Void, ValkeyError>) {
        guard channel === self.channel else { return }
        do {
            try result.get()
            guard self.state.established(attempt) else { return }
            self.timer?.cancel()
            try self.events?.established(channel)
        } catch {
            self.fail(error as? ValkeyError ?? .disconnected(mayHaveRun: false, cause: error))
        }
    }

    private func ended(_ attempt: Int, _ error: ValkeyError) {
        let action = self.state.ended(attempt, random: self.configuration.random())
        guard action != .nothing else { return }
        self.timer?.cancel()
        let channel = self.channel
        let error = self.reason ?? error
        self.channel = nil
        self.reason = nil
        channel?.close(promise: nil)
        self.events?.ended(error)
        self.run(action)
    }
}
