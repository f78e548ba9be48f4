import RelayWire
import Synchronization

/// Keeps a peer's ticket fresh: what renews it is a heartbeat. Beside it, what the peer takes its place back by.
///
/// Owners of the two: a lock each, of which no two are held at once.
final class TicketStore: TokenStore {
    let sessionID: String
    private let peerID: String
    /// Never asked for a token of its own.
    private let guest: RelayClient
    private let tokens: Mutex<Tokens>
    /// Takes the peer's place back, once; nil where the answer with the next one was lost.
    private let resume: Mutex<String?>

    /// - Parameters:
    ///   - expiresAt: seconds since 1970.
    ///   - resume: nil where it is not known.
    init(
        _ ticket: String,
        of peerID: String,
        in sessionID: String,
        until expiresAt: Int,
        resume: String?,
        guest: RelayClient
    ) {
        self.sessionID = sessionID
        self.peerID = peerID
        self.guest = guest
        self.tokens = Mutex(Self.tokens(ticket, expiresAt))
        self.resume = Mutex(resume)
    }

    /// The ticket as it is now.
    var ticket: String { self.tokens.withLock { $0.accessToken } }

    func load() async throws -> Tokens? { self.tokens.withLock { $0 } }

    /// What keeps tickets fresh needs nothing but the ticket.
    func renew(_ exchange: (Tokens?) async throws -> Tokens) async throws -> Tokens {
        try await self.confirm()
        return self.tokens.withLock { $0 }
    }

    /// Sees to it that the peer is in the session.
    func confirm() async throws {
        do {
            _ = try await self.heartbeat()
        } catch let error as RelayError where error.status == 403 {
            // Away for too long, so that it has left: the ticket lets it in again, unless it was put out.
            try await self.comeBack(error)
        }
    }

    /// Tells the relay that the peer is there.
    func heartbeat() async throws -> SessionHeartbeat {
        let call = self.call("heartbeat")
        let beat = try await self.guest.pipeline.reply(to: call, keeper: nil).decoded(SessionHeartbeat.init(json:))
        self.tokens.withLock { $0 = Self.tokens(beat.ticket, beat.ticketExpiresAt) }
        return beat
    }

    /// Says something for the last time, also in a task that is cancelled.
    func post(_ word: String) async throws {
        var call = self.call(word)
        call.isRepeatable = false
        call.isUninterruptible = true
        _ = try await self.guest.pipeline.reply(to: call, keeper: nil)
    }

    private func call(_ word: String) -> HTTPCall {
        var call = HTTPCall(.post, RelayClient.sessionsPath + [self.sessionID, word])
        call.headers = [("Authorization", "Bearer \(self.ticket)")]
        return call
    }

    private func comeBack(_ refusal: RelayError) async throws {
        let place: SessionPlace
        do {
            place = try await self.guest.join(by: self.ticket, as: self.peerID, asGuest: true)
        } catch let error as RelayError where error.code != .unavailable {
            throw refusal
        }
        self.take(place)
    }

    func take(_ place: SessionPlace) {
        self.tokens.withLock { $0 = Self.tokens(place.ticket, place.ticketExpiresAt) }
        self.putBack(place.resume)
    }

    /// - Parameter resume: nil for the one that there is.
    func take(_ ticket: String, resume: String?) {
        guard let expiresAt = (try? SessionTicket(ticket))?.expiresAt else { return }
        self.tokens.withLock { $0 = Self.tokens(ticket, expiresAt) }
        if let resume { self.putBack(resume) }
    }

    var canResume: Bool { self.resume.withLock { $0 != nil } }

    /// For one join.
    func takeResume() -> String? { self.resume.withLock { $0.take() } }

    func putBack(_ resume: String) { self.resume.withLock { $0 = resume } }

    private static func tokens(_ ticket: String, _ expiresAt: Int) -> Tokens {
        Tokens(accessToken: ticket, expiresAt: Timestamp(microseconds: 0).adding(seconds: Int64(expiresAt)))
    }
}
