import Logging
import NIOCore
import RelayCore
import RelaySessions
import RelayWire

/// Does what peers ask of the relay by messages: tells two when and where to meet, and takes note of what came of it and of the ways that they
/// take. What there is to decide, ``SessionService/news(of:)`` decides from the topics; the coordinator holds nothing.
struct PunchCoordinator: Sendable {
    let service: SessionService
    let rules: PunchRules
    let tokens: PunchTokens
    let paths: PathLedger
    let metrics: PunchMetrics
    let logger: Logger

    /// Messages that are looked at side by side.
    private static let atOnce = 16

    /// Returns when its task is cancelled.
    func run() async {
        await withTaskGroup(of: Void.self) { tasks in
            var underWay = 0
            for await _ in self.service.heard.arrived {
                for heard in self.service.heard.take() {
                    if underWay == Self.atOnce {
                        await tasks.next()
                        underWay -= 1
                    }
                    tasks.addTask { await self.act(on: heard) }
                    underWay += 1
                }
            }
        }
    }

    private func act(on heard: HeardMessage) async {
        do throws(SessionFailure) {
            switch try await self.service.news(of: heard) {
            case .meeting(let meeting, let session): try await self.coordinate(meeting, in: session)
            case .outcome(let outcome): self.note(outcome)
            case .path(let report, let peer, let other, let session):
                self.paths.reported(report, by: peer, to: other, in: session)
            case nil: break
            }
        } catch {
            // The peers hear nothing, and ask again.
            self.logger.debug(
                "a message to the relay was not acted on",
                metadata: ["topic": "\(heard.topic.name.rawValue)", "error": "\(error.code.rawValue)"]
            )
        }
    }

    private func coordinate(_ meeting: PunchMeeting, in session: SessionID) async throws(SessionFailure) {
        var random = SystemRandomNumberGenerator()
        let now = self.service.now
        let drafts = meeting.messages(in: session, self.rules, at: now) { wish in
            self.tokens.issue(PunchAttempt(wish, nonce: random.next()))
        }
        try await self.service.tell(drafts, of: session)
        self.paths.heard(meeting.natsByPeer, in: session)
        self.metrics.attempted(meeting.nats)
    }

    private func note(_ outcome: PunchOutcome) {
        self.paths.heard([outcome.reporter: outcome.nat], in: outcome.session)
        self.metrics.finished(outcome, at: .now())
        self.logger.info(
            outcome.result.reached ? "a peer has reached another" : "a peer has not reached another",
            metadata: [
                "session_id": "\(outcome.session)", "peer_id": "\(outcome.reporter)", "other": "\(outcome.other)",
                "attempt": "\(outcome.result.attempt)", "transport": "\(outcome.result.transport.rawValue)",
                "nat_type": "\(outcome.nat.rawValue)", "duration_ms": "\(outcome.duration)",
            ]
        )
        guard outcome.result.reached else { return }
        let mode: PathMode = outcome.result.transport == .tcp ? .directTCP : .directUDP
        self.paths.punched(mode, by: outcome.reporter, to: outcome.other, in: outcome.session)
    }
}

extension PunchAttempt {
    init(_ wish: PunchTokenWish, nonce: UInt64) {
        self.init(
            session: wish.session.text,
            from: wish.from.text,
            to: wish.to.text,
            startsAt: wish.startsAt,
            expiresAt: wish.expiresAt,
            nonce: nonce
        )
    }
}
