public import RelayClient

/// Reaches the port that another machine exposes, as a guest of its session: see ``TunnelExposure``.
public struct TunnelVisit: Sendable {
    private let member: SessionMember
    private let host: String
    private let traffic: TunnelTraffic
    private let notice: @Sendable (String) -> Void
    private let desk = TunnelDesk()

    /// Joins the session.
    ///
    /// - Parameters:
    ///   - invite: what the other machine has printed.
    ///   - client: of the relay. Its credentials are not used.
    ///   - traffic: counts what passes.
    ///   - notice: told, for people, what goes wrong and is mended. Called on any thread.
    /// - Throws: `RelayError` where the invite is not good.
    public init(
        by invite: String,
        client: RelayClient,
        traffic: TunnelTraffic,
        notice: @escaping @Sendable (String) -> Void
    ) async throws {
        let number = String(UInt32.random(in: .min ... .max), radix: 16)
        let place = try await Self.join(by: invite, as: "connect-\(number)", client)
        guard let host = place.hostPeerID else {
            throw RelayError(.unavailable, detail: "the machine that exposes its port is not there")
        }
        self.host = host
        self.member = SessionMember(place, like: client)
        self.traffic = traffic
        self.notice = notice
    }

    private static func join(by invite: String, as peer: String, _ client: RelayClient) async throws -> SessionPlace {
        do {
            return try await client.join(by: invite, as: peer, asGuest: true)
        } catch let error as RelayError where error.code == .authenticationRequired {
            // It needs no account: who logs in has the same answer.
            throw RelayError(.refused, detail: "the invite is not good any more: ask the other machine for a new one")
        }
    }

    /// Pipes one program through a tunnel, and leaves.
    ///
    /// - Throws: `RelayError` where bytes may be lost, or the other machine does not accept; `CancellationError`.
    public func carry(_ local: TunnelLocal) async throws {
        do {
            try await self.followed { try await self.carryOne(local) }
        } catch {
            local.close()
            throw error
        }
    }

    /// Listens for programs, each of which gets a tunnel of its own. Until it is cancelled.
    ///
    /// - Parameters:
    ///   - host: an address of this machine.
    ///   - port: 0 lets the system choose.
    ///   - listening: told the port.
    /// - Throws: `RelayError` where the port can't be had, or the session has ended; `CancellationError`.
    public func listen(host: String, port: Int, listening: @escaping @Sendable (Int) throws -> Void) async throws {
        try await self.followed {
            try await TunnelLocal.listen(host: host, port: port, listening: listening) { local in
                do {
                    try await self.carryOne(local)
                } catch is CancellationError {
                    local.close()
                } catch {
                    local.close()
                    self.notice("\(error)")
                }
            }
        }
    }

    /// Runs `body` while the session is followed, and leaves at the end.
    private func followed(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let member = self.member
        // An answer that came before the session is followed would never be heard.
        let (following, begins) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingOldest(1))
        let result: Result<Void, any Error>
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await member.keepAlive() }
                group.addTask {
                    try await TunnelNews.follow(member) { news in
                        if case .following = news { begins.yield() } else { self.take(news) }
                    }
                }
                group.addTask {
                    for await _ in following { return try await body() }
                }
                defer { group.cancelAll() }
                try await group.next()
            }
            result = .success(())
        } catch {
            result = .failure(error)
        }
        try? await member.leave()
        try result.get()
    }

    private func take(_ news: TunnelNews) {
        switch news {
        case .accepted(let tunnelID): self.desk.told(.accepted, of: tunnelID)
        case .closed(let tunnelID, let reason): self.desk.told(.refused(reason: reason), of: tunnelID)
        case .notice(let text): self.notice(text)
        case .following, .requested: break
        }
    }

    private func carryOne(_ local: TunnelLocal) async throws {
        let client = self.member.client
        let tunnel = try await client.requestTunnel(to: self.host, in: self.member.sessionID)
        switch try await self.desk.answer(to: tunnel.tunnelID) {
        case .accepted:
            try await self.member.carry(tunnel.tunnelID, local, traffic: self.traffic, notice: self.notice)
            try? await client.closeTunnel(tunnel.tunnelID, in: self.member.sessionID)
        case .refused(let reason):
            throw RelayError(.refused, detail: "the other machine did not take the connection: \(reason)")
        }
    }
}
