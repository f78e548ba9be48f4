import NIOCore
import RelayAccess
import RelayCore
import RelaySessions
import RelayWire

/// Gives a peer a ticket with more time for as long as its connection lasts: the client need not ask for it. Whoever is no peer any more gets
/// none. Lives on the connection's loop.
final class TicketRenewal {
    /// Times in seconds. Longer than the first no renewal waits, however long a ticket lasts.
    private static let longest: Int64 = 600
    private static let retry: Int64 = 5

    private let id: SessionID
    private let sessions: SessionService
    private let access: RequestAccess
    private let lane: TaskLane
    private let loop: DeliveryLoop
    private var timer: Scheduled<Void>?
    /// What has become of the ticket so far, and who is told of the next. Nil before it begins, and after its end.
    private var work: (session: RelayAccess.Session, renewed: (RelayAccess.Session, TicketMinter.Minted) -> Void)?

    init(of id: SessionID, _ sessions: SessionService, _ access: RequestAccess, _ lane: TaskLane, on loop: DeliveryLoop)
    {
        self.id = id
        self.sessions = sessions
        self.access = access
        self.lane = lane
        self.loop = loop
    }

    /// - Parameters:
    ///   - session: of a peer's ticket.
    ///   - renewed: gets what takes its place, each time.
    func begin(
        _ session: RelayAccess.Session,
        _ renewed: @escaping (RelayAccess.Session, TicketMinter.Minted) -> Void
    ) {
        self.work = (session, renewed)
        self.waitForEnd()
    }

    func stop() {
        self.work = nil
        self.timer?.cancel()
        self.timer = nil
    }

    private func waitForEnd() {
        guard let session = self.work?.session else { return }
        let left = (session.expiresAt.microseconds - self.sessions.now.microseconds) / 1_000_000
        self.wait(max(1, min(Self.longest, left * 2 / 3)))
    }

    private func wait(_ seconds: Int64) {
        guard self.work != nil else { return }
        self.timer = self.loop.eventLoop.assumeIsolated().scheduleTask(in: .seconds(seconds)) { [weak self] in
            self?.renew()
        }
    }

    private func renew() {
        let (sessions, access, id) = (self.sessions, self.access, self.id)
        guard let session = self.work?.session, let principal = session.standingPrincipal(requiring: .read) else {
            return self.wait(Self.retry)
        }
        let isRunning = self.lane.run(
            { () -> (RelayAccess.Session, TicketMinter.Minted)? in
                guard let ticket = try? await sessions.heartbeat(id, as: principal).ticket,
                    let session = await access.session(of: ticket.text)
                else { return nil }
                return (session, ticket)
            },
            on: self.loop.eventLoop
        ) { (renewed: (RelayAccess.Session, TicketMinter.Minted)?) in
            guard let work = self.work else { return }
            guard let (session, ticket) = renewed, session.account.id == work.session.account.id else {
                return self.wait(Self.retry)
            }
            self.work?.session = session
            work.renewed(session, ticket)
            self.waitForEnd()
        }
        if !isRunning { self.wait(Self.retry) }
    }
}
