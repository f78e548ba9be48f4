public import Logging
import NIOCore
import NIOPosix
import RelayAccess
import RelayCore
import RelayEditing
import RelayMetrics
import RelayPresence
import RelaySessions
import RelayStorage
import RelayTelemetry
import RelayWire
public import ServiceLifecycle

/// The relay: everything wired together, from the store to the listening socket.
///
/// ``run()`` serves until graceful shutdown is triggered. Then it stops accepting, finishes what is under way, closes the store, and
/// returns. What is still open after the configured grace is cut off.
public struct Relay: Service {
    private let configuration: RelayConfiguration
    private let live: LiveConfiguration
    private let logger: Logger
    private let hooks: RelayHooks

    /// - Parameter configuration: stays as it is.
    public init(configuration: RelayConfiguration, logger: Logger, hooks: RelayHooks = RelayHooks()) {
        let live = LiveConfiguration(
            EffectiveConfiguration(configuration),
            now: RelayClock.system.now,
            loader: nil
        )
        self.init(live: live, logger: logger, hooks: hooks)
    }

    /// - Parameter live: what the relay starts with, and reads again when it is told to.
    public init(live: LiveConfiguration, logger: Logger, hooks: RelayHooks = RelayHooks()) {
        self.configuration = live.configuration
        self.live = live
        self.logger = logger
        self.hooks = hooks
    }

    /// - Throws: ``RelayStartError`` where the relay can't start.
    public func run() async throws {
        let refusals = StartupGuard.check(self.configuration).filter { $0.severity == .error }
        guard refusals.isEmpty else { throw RelayStartError.refused(refusals) }
        let passwordParameters = try self.passwordParameters
        let group = MultiThreadedEventLoopGroup(numberOfThreads: self.threads)
        let result: Result<Void, any Error>
        do {
            try await self.run(on: group, passwordParameters)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try await group.shutdownGracefully()
        try result.get()
    }

    private func run(
        on group: MultiThreadedEventLoopGroup,
        _ passwordParameters: PasswordHashParameters
    ) async throws {
        guard let store = try await self.openStore(on: group) else { return }
        let hasher = PasswordHasher(parameters: passwordParameters)
        let result: Result<Void, any Error>
        do {
            try await self.serve(store, group, hasher)
            result = .success(())
        } catch {
            result = .failure(error)
        }
        await hasher.shutdown()
        await store.close()
        try result.get()
    }

    /// Accepting without a file for the connection would fail again and again, so the relay takes on no more than it can have.
    private func affordableConnections() -> Int {
        let perListener = self.configuration.server.maxConnections
        // Pulse's port may have as many again.
        let listeners = self.configuration.pulse.port == nil ? 1 : 2
        let wanted = perListener * listeners
        let ports = self.configuration.peerPort.files(self.configuration.turn) + self.configuration.metrics.files
        let others = Self.otherFiles + ports
        let limit = OpenFiles.raiseLimit(to: wanted + others)
        guard limit < wanted + others else { return perListener }
        let affordable = max(limit - others, limit / 2)
        // Common limits equal the default of max_connections: a shortage of the few files beside connections is no news.
        self.logger.log(
            level: wanted - affordable > Self.otherFiles ? .warning : .debug,
            "the system lets this process have fewer open files than max_connections needs: raise the limit (ulimit -n)",
            metadata: ["limit": "\(limit)", "max_connections": "\(affordable / listeners) instead of \(perListener)"]
        )
        return affordable / listeners
    }

    /// The store's files and connections, and what the runtime opens.
    private static let otherFiles = 256

    private var threads: Int {
        self.configuration.server.threads > 0 ? self.configuration.server.threads : System.coreCount
    }

    private var passwordParameters: PasswordHashParameters {
        get throws {
            let cost = self.configuration.access.passwordCost
            guard
                let parameters = PasswordHashParameters(
                    memoryKiB: UInt32(cost.memoryKiB),
                    passes: UInt32(cost.iterations),
                    lanes: UInt32(cost.parallelism)
                )
            else { throw RelayStartError.unavailable("the password cost is out of range") }
            return parameters
        }
    }

    /// - Returns: nil where the relay is told to stop before the store is open: that is no failure.
    private func openStore(on group: MultiThreadedEventLoopGroup) async throws -> (any RelayStore)? {
        let configuration = self.configuration
        do {
            return try await cancelWhenGracefulShutdown { try await configuration.openStore(on: group) }
        } catch {
            guard !Task.isShuttingDownGracefully, !Task.isCancelled else { return nil }
            let reason = (error as? StoreError)?.message ?? "\(error)"
            throw RelayStartError.unavailable("the store can't be opened: \(reason)")
        }
    }

    private func serve(
        _ store: any RelayStore,
        _ group: MultiThreadedEventLoopGroup,
        _ hasher: PasswordHasher
    ) async throws {
        let startup = RelayStartup(configuration: self.configuration, store: store, logger: self.logger)
        let secret = try await startup.checkAndFindSecret()
        if let shared = store as? any SharedTokenSecrets { await startup.compareSecret(secret, in: shared) }
        if let valkey = store as? ValkeyStore { await startup.warnOfEviction(in: valkey) }
        let certificate = try self.configuration.openCertificate(at: RelayClock.system.now())
        let parts = try await RelayParts(
            configuration: self.configuration,
            store: store,
            hasher: hasher,
            secret: secret,
            group: group,
            logger: self.logger,
            certificate: certificate,
            quic: try self.configuration.openQUICIdentity(certificate, at: RelayClock.system.now()),
            live: self.live,
            droppedLogLines: self.hooks.droppedLogLines
        )
        let peerPort = try await RelayPeerPort.open(
            self.configuration,
            on: group.next(),
            secret: secret,
            peers: parts.peers,
            paths: parts.paths.ledger,
            metrics: parts.services.metrics,
            logger: self.logger
        )
        let quicPort = try await RelayQUICPort.open(
            self.configuration,
            parts.peers,
            secret: secret,
            on: parts.loops.all.map(\.eventLoop),
            services: parts.quic,
            http3: HTTP3Service(parts.services, parts.http2),
            logger: self.logger
        )
        let metricsListener = try await self.listenForMetrics(parts, certificate, group)
        let connections = self.affordableConnections()
        let pulseListener = try await self.listenForPulse(parts, certificate, group, connections)
        let listener = try await self.listen(parts, certificate, group, connections)
        // Last, since its password is shown once: a relay that finds its port taken has not shown it. Log-ins wait for the lane, below.
        try await startup.makeAdministrator(parts.access.users, announce: self.hooks.announcePassword)
        await startup.warnOfMissingGuest(parts.access.users)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask { await parts.lane.run() }
            tasks.addTask { await parts.upkeep.run() }
            tasks.addTask { await parts.acks.run() }
            tasks.addTask { await parts.streamWatch.run() }
            tasks.addTask { await parts.changeWatch.run() }
            tasks.addTask { await parts.memoryWatch.run() }
            tasks.addTask { await parts.herald.run() }
            tasks.addTask { await parts.audit.run() }
            if let reloads = self.hooks.reloads { tasks.addTask { await parts.reloader.run(reloads) } }
            if let certificate {
                let watch = CertificateWatch(certificate: certificate, clock: .system, logger: self.logger)
                tasks.addTask { await watch.run() }
            }
            if let quicPort { tasks.addTask { await quicPort.run() } }
            tasks.addTask { await parts.sessions.keeper.run() }
            tasks.addTask { await DocumentKeeper(parts.documents).run() }
            tasks.addTask { await parts.presence.run() }
            if let webhook = parts.webhook?.webhook { tasks.addTask { await webhook.run() } }
            tasks.addTask { await parts.webhooks.edge.keeper.run() }
            if let changes = parts.changes { tasks.addTask { await changes.run() } }
            tasks.addTask { await parts.punches.run() }
            tasks.addTask { await parts.paths.run() }
            tasks.addTask { await parts.history.run() }
            if let teller = parts.pathTeller { tasks.addTask { await teller.run() } }
            tasks.addTask { await parts.telemetry.run(exporting: parts.registry) }
            if let watchdog = self.watchdog(of: group) { tasks.addTask { await watchdog.run() } }
            await self.hooks.listening(listener.channel.localAddress?.port ?? 0, certificate?.facts)
            self.tellManager(.ready)
            // Ends at graceful shutdown, and throws only if the task is cancelled instead: both mean to stop.
            try? await gracefulShutdown()
            let server = self.live.configuration.server
            self.tellManager(.stopping(within: RelayDrain.longest(server)))
            await RelayDrain(
                parts: parts,
                listener: listener,
                others: [metricsListener, pulseListener].compactMap(\.self),
                quic: quicPort,
                notice: server.shutdownNotice,
                grace: server.shutdownGrace,
                spread: server.shutdownSpread,
                alternate: server.shutdownAlternate
            ).run()
            await peerPort?.close()
            await quicPort?.close()
            await parts.outgoing.close()
            // Last, so that what the others have said is exported too.
            parts.logger.info("stopped")
            await parts.telemetry.finish(within: RelayDrain.telemetryPatience)
            tasks.cancelAll()
        }
    }

    private func listen(
        _ parts: RelayParts,
        _ certificate: ServedCertificate?,
        _ group: MultiThreadedEventLoopGroup,
        _ connections: Int
    ) async throws -> Listener {
        var server = self.configuration.server
        server.maxConnections = connections
        let listener = try await Self.bind(server, .http, parts.services, of: parts, certificate, group)
        // On standard output it is said to people; a log for machines has it as well.
        self.logger.log(
            level: self.configuration.logging.format == .json ? .info : .debug,
            "listening",
            metadata: [
                "address": "\(HostPort(host: server.host, port: listener.channel.localAddress?.port ?? server.port))",
                "tls": "\(certificate == nil ? "off" : "on")",
            ]
        )
        return listener
    }

    /// - Parameter keys: those that say where to listen, for whoever has to change them.
    private static func bind(
        _ server: RelayConfiguration.Server,
        _ keys: ListenFailure.Keys,
        _ services: HTTPServices,
        of parts: RelayParts,
        _ certificate: ServedCertificate?,
        _ group: MultiThreadedEventLoopGroup
    ) async throws(RelayStartError) -> Listener {
        do {
            return try await Listener.bind(
                server,
                on: group,
                services: services,
                certificate: certificate,
                http2: parts.http2,
                addresses: parts.addressLimits
            )
        } catch {
            throw .unavailable(ListenFailure.text(error, host: server.host, port: server.port, keys: keys))
        }
    }
}

extension Relay {
    private func tellManager(_ news: ServiceManager.News) {
        guard let manager = self.hooks.manager, !manager.tell(news) else { return }
        self.logger.warning("the service manager could not be told", metadata: ["news": "\(news)"])
    }

    /// - Returns: nil where nobody waits for signs of life.
    private func watchdog(of group: MultiThreadedEventLoopGroup) -> Watchdog? {
        guard let manager = self.hooks.manager, let interval = manager.watchdogInterval else { return nil }
        return Watchdog(interval: interval, loops: Array(group.makeIterator())) { manager.tell(.alive) }
    }

    /// - Returns: nil where `prometheus_port` is not set.
    private func listenForMetrics(
        _ parts: RelayParts,
        _ certificate: ServedCertificate?,
        _ group: MultiThreadedEventLoopGroup
    ) async throws -> Listener? {
        guard let port = self.configuration.metrics.port else { return nil }
        guard certificate != nil || !self.configuration.metrics.usesTLS else {
            throw RelayStartError.unavailable("prometheus_tls needs a certificate: set tls_cert_path and tls_key_path")
        }
        var server = self.configuration.server
        server.port = port
        server.maxConnections = RelayConfiguration.Metrics.maxConnections
        let shown = self.configuration.metrics.usesTLS ? certificate : nil
        return try await Self.bind(server, .metrics, parts.metricsServices, of: parts, shown, group)
    }
}

extension Relay {
    /// - Returns: nil where `pulse_port` is not set.
    private func listenForPulse(
        _ parts: RelayParts,
        _ certificate: ServedCertificate?,
        _ group: MultiThreadedEventLoopGroup,
        _ connections: Int
    ) async throws -> Listener? {
        guard let port = self.configuration.pulse.port else { return nil }
        var server = self.configuration.server
        server.host = self.configuration.pulse.host ?? server.host
        server.port = port
        server.maxConnections = connections
        let listener = try await Self.bind(server, .pulse, parts.pulseServices, of: parts, certificate, group)
        self.logger.info("listening for Pulse", metadata: ["address": "\(HostPort(host: server.host, port: port))"])
        return listener
    }
}

extension RelayConfiguration.Metrics {
    /// Of the port for metrics alone.
    static let maxConnections = 64

    /// Files that the port for metrics alone may need.
    fileprivate var files: Int { self.port == nil ? 0 : Self.maxConnections + 1 }
}

extension Relay: CustomStringConvertible {
    /// For the lifecycle's log.
    public var description: String { "Relay" }
}
