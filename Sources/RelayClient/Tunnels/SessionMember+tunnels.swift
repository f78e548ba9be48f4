import NIOCore
import NIOWebSocket

extension SessionMember {
    /// Pipes a local program's bytes through a tunnel that was accepted, in both directions, until both programs have ended and everything has
    /// arrived. The other end has to be one of this client too: see ``TunnelLocal``.
    ///
    /// A connection to the relay that ends is opened again, and nothing is lost by it, as long as the tunnel is there. At most 4 MiB in each
    /// direction wait for a program that does not take them, and then the other one is not read on.
    ///
    /// Closes the local program's connection: one that was cut short is seen by it as reset. Cancelling does the same.
    ///
    /// - Parameters:
    ///   - tunnelID: the tunnel.
    ///   - local: the program.
    ///   - traffic: counts what passes.
    ///   - patience: how long to try to open a connection again.
    ///   - notice: told, for people, when a connection is lost and when it is there again.
    /// - Throws: ``RelayError`` where bytes may be lost: the detail says how many. `CancellationError`.
    public func carry(
        _ tunnelID: String,
        _ local: TunnelLocal,
        traffic: TunnelTraffic = TunnelTraffic(),
        patience: Duration = .seconds(60),
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) async throws {
        traffic.opened()
        defer { traffic.closed() }
        try await local.perform {
            $0.start(counting: traffic) { isFirst in
                if !isFirst { notice("connected again; nothing was lost") }
            }
        }
        do {
            try await self.connections(of: tunnelID, local, patience, notice)
        } catch {
            // What is lost is lost for both programs.
            try? await local.perform { $0.breakOff() }
            try? await self.client.closeTunnel(tunnelID, in: self.sessionID)
            throw error
        }
    }

    private func connections(
        of tunnelID: String,
        _ local: TunnelLocal,
        _ patience: Duration,
        _ notice: (String) -> Void
    ) async throws {
        let client = self.client
        let connector = try Self.connector(client, tunnelID, local)
        var attempts = TunnelAttempts(patience: patience)
        var random = SystemRandomNumberGenerator()
        var meetings = 0
        while true {
            let outcome = await Self.outcome { try await Self.connection(connector, client, local, &attempts) }
            try Task.checkCancellation()
            let found = try await local.perform {
                (verdict: $0.verdict, lost: $0.unacknowledged, meetings: $0.meetings)
            }
            switch found.verdict {
            case .finished: return
            case .localBroke: throw Self.lost("the local program has cut its connection", found.lost)
            case .otherBroke: throw Self.lost("the program at the other end has cut its connection", found.lost)
            case .fault(let fault): throw Self.lost("\(fault)", found.lost)
            case .underway: break
            }
            if found.meetings > meetings { attempts.recovered() }
            meetings = found.meetings
            switch attempts.ended(outcome, at: client.configuration.now(), using: &random) {
            case .again(let delay, let reason):
                if let reason { notice(reason) }
                try await client.configuration.clock.sleep(for: delay)
            case .giveUp(let reason):
                throw Self.lost(reason, found.lost)
            }
        }
    }

    private static func lost(_ reason: String, _ count: UInt64) -> RelayError {
        let bytes = count == 0 ? "" : "; \(count) bytes that were sent may not have arrived"
        return RelayError(.unavailable, detail: reason + bytes)
    }

    /// One connection, from its beginning to its end.
    private static func connection(
        _ connector: WebSocketConnector<TunnelLink>,
        _ client: RelayClient,
        _ local: TunnelLocal,
        _ attempts: inout TunnelAttempts
    ) async throws -> ConnectionEnd {
        let bearer: String
        do {
            bearer = try await client.keeper.accessToken(rejecting: attempts.rejectedToken)
        } catch let error as RelayError {
            return .unauthenticated(error)
        }
        attempts.rejectedToken = nil
        switch try await connector.connect(bearer: bearer, on: local.eventLoop) {
        case .open(let link):
            let end = try await link.end()
            if case .closed(code: 4001, _) = end { attempts.rejectedToken = bearer }
            return end
        case .refused(let reply):
            if reply.status == 401 { attempts.rejectedToken = bearer }
            return .refused(reply)
        }
    }

    /// What went wrong before there was a connection is an end too.
    private static func outcome(_ body: () async throws -> ConnectionEnd) async -> ConnectionEnd {
        do {
            return try await body()
        } catch {
            return .lost(error)
        }
    }

    private static func connector(
        _ client: RelayClient,
        _ tunnelID: String,
        _ local: TunnelLocal
    ) throws -> WebSocketConnector<TunnelLink> {
        try WebSocketConnector(
            endpoint: client.endpoint,
            tls: client.configuration.tls,
            target: HTTPCall(.get, ["v1", "tunnels", tunnelID]).target,
            timeout: .seconds(15),
            maxFrameSize: 1 << 24
        ) { channel in
            let ended = channel.eventLoop.makePromise(of: ConnectionEnd.self)
            try channel.pipeline.syncOperations.addHandlers(
                IdleStateHandler(readTimeout: .seconds(45)),
                TunnelSocketHandler(local.carrier, ended: ended)
            )
            return TunnelLink(channel: channel, ended: ended.futureResult)
        }
    }
}

/// An open connection of a tunnel's end.
private struct TunnelLink: Sendable {
    let channel: any Channel
    let ended: EventLoopFuture<ConnectionEnd>

    /// Waits for its end. Cancelling closes it.
    func end() async throws -> ConnectionEnd {
        try await withTaskCancellationHandler {
            try await self.ended.get()
        } onCancel: {
            self.channel.close(promise: nil)
        }
    }
}
