public import RelayClient

/// Lets others reach a port through the relay: a session of its own, whose guests get tunnels to that port.
public struct TunnelExposure: Sendable {
    /// What happens, for people and programs.
    public enum Event: Hashable, Sendable {
        /// Guests may come, by this invite.
        case ready(sessionID: String, invite: SessionInvite)
        case notice(String)
    }

    private static let peerID = "expose"

    private let client: RelayClient
    private let host: String
    private let port: Int
    private let traffic: TunnelTraffic
    private let tell: @Sendable (Event) -> Void

    /// - Parameters:
    ///   - client: has an account.
    ///   - host: where the program listens, as this machine sees it.
    ///   - port: of that program.
    ///   - traffic: counts what passes.
    ///   - tell: called on any thread.
    public init(
        client: RelayClient,
        host: String,
        port: Int,
        traffic: TunnelTraffic,
        tell: @escaping @Sendable (Event) -> Void
    ) {
        self.client = client
        self.host = host
        self.port = port
        self.traffic = traffic
        self.tell = tell
    }

    /// Serves guests until it is cancelled, and closes the session then.
    ///
    /// - Parameters:
    ///   - uses: how many may come by the invite.
    ///   - seconds: how long they may.
    /// - Throws: `RelayError` where the session can't be made, or has ended; `CancellationError`.
    public func run(uses: Int, seconds: Int) async throws {
        // A relay that was away for longer than the host may be finds it still open.
        let created = try await self.client.createSession(
            hostID: Self.peerID,
            hostPolicy: "wait",
            guestRole: "observer"
        )
        let place = try await self.client.join(by: created.hostToken, as: Self.peerID)
        let member = SessionMember(place, like: self.client)
        do {
            let invite = try await member.client.invite(
                to: member.sessionID,
                as: "observer",
                uses: uses,
                seconds: seconds
            )
            try await self.serve(member, invite)
        } catch {
            try? await member.closeSession()
            throw error
        }
    }

    private func serve(_ member: SessionMember, _ invite: SessionInvite) async throws {
        try await withThrowingDiscardingTaskGroup { group in
            group.addTask { try await member.keepAlive() }
            try await TunnelNews.follow(member) { news in
                switch news {
                case .following: self.tell(.ready(sessionID: member.sessionID, invite: invite))
                case .requested(let tunnelID, let guest):
                    group.addTask { await self.serve(tunnelID, of: guest, member) }
                case .notice(let text): self.tell(.notice(text))
                case .accepted, .closed: break
                }
            }
        }
    }

    /// One connection of a guest.
    private func serve(_ tunnelID: String, of guest: String, _ member: SessionMember) async {
        do {
            let local = try await TunnelLocal.connect(host: self.host, port: self.port)
            do {
                try await member.client.acceptTunnel(tunnelID, in: member.sessionID)
            } catch {
                local.close()
                throw error
            }
            try await member.carry(tunnelID, local, traffic: self.traffic) { self.tell(.notice("\(guest): \($0)")) }
        } catch is CancellationError {
            return
        } catch {
            self.tell(.notice("\(guest): \(error)"))
            try? await member.client.closeTunnel(tunnelID, in: member.sessionID)
        }
    }
}
