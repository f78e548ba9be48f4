import NIOCore
public import RelayCore
import RelayWire

/// What peers have said to the relay on their session's punch and signal topics.
public enum PunchNews: Sendable {
    /// Two want to meet.
    case meeting(PunchMeeting, in: SessionID)
    case outcome(PunchOutcome)
    case path(PathReport, by: PeerID, to: PeerID, in: SessionID)
}

/// Peers that look for a way to each other. All that there is to know is in their session's topics, so any relay that shares them does the same,
/// and none keeps anything.
extension SessionService {
    /// What clients have published here that concerns the relay. For one listener.
    public var heard: HeardMessages { self.broker.heard(by: .sessions) }

    /// As many messages of a topic are looked at, the newest.
    private static let messagesLookedAt = 256
    /// And so many bytes of them.
    private static let bytesLookedAt = 1 << 20

    /// What is to be done about a message.
    ///
    /// - Returns: nil for nothing: for instance, the other peer has not asked yet.
    public func news(of heard: HeardMessage) async throws(SessionFailure) -> PunchNews? {
        guard let name = SessionTopicName(path: heard.topic.name.rawValue) else { return nil }
        let messages = try await self.messages(of: name, through: heard.id)
        guard let message = messages.last, message.id == heard.id else { return nil }
        switch PunchPair.type(of: message) {
        case PunchRequest.type?:
            guard let meeting = PunchMeeting(requests: messages) else { return nil }
            let signals = try await self.messages(of: SessionTopicName(name.session, .signal), through: .max)
            return try await self.meeting(meeting, signals, in: name.session)
        case PunchResult.type?:
            let now = Int64(self.now.milliseconds)
            return PunchOutcome(messages, in: name.session, at: now).map(PunchNews.outcome)
        case PathReport.type?:
            guard let pair = PunchPair(message), let sender = PeerID(pair.sender), let other = PeerID(pair.recipient),
                let report = try? PathReport(message.payload)
            else { return nil }
            return .path(report, by: sender, to: other, in: name.session)
        case let type? where ConnectionRequest.responses.contains(type):
            guard let meeting = PunchMeeting(connections: messages) else { return nil }
            return try await self.meeting(meeting, messages, in: name.session)
        default:
            return nil
        }
    }

    /// Tells two peers when and where to meet.
    public func tell(_ drafts: [Draft], of session: SessionID) async throws(SessionFailure) {
        do throws(BrokerError) {
            try await self.broker.announce(drafts, to: Self.key(SessionTopicName(session, .punch)))
        } catch {
            throw .broker(error)
        }
    }

    private func meeting(
        _ meeting: PunchMeeting,
        _ signals: [Message],
        in id: SessionID
    ) async throws(SessionFailure) -> PunchNews? {
        let session = try await self.session(id, as: .relay)
        guard !session.state.isEnded, meeting.peers.allSatisfy({ session.peer($0) != nil }) else { return nil }
        var meeting = meeting
        meeting.addCandidates(of: signals)
        meeting.areNeighbours = session.areNeighbours(meeting.peers[0], meeting.peers[1])
        return .meeting(meeting, in: id)
    }

    /// The newest messages of a topic, in their order.
    private func messages(
        of name: SessionTopicName,
        through id: MessageID
    ) async throws(SessionFailure) -> [Message] {
        do throws(BrokerError) {
            let page = try await self.broker.history(
                of: Self.key(name),
                .descending,
                cursor: .oldest,
                limit: Self.messagesLookedAt,
                maxBytes: Self.bytesLookedAt,
                as: .relay
            )
            return page.messages.filter { $0.id <= id }.reversed()
        } catch {
            throw .broker(error)
        }
    }

    private static func key(_ name: SessionTopicName) -> TopicKey {
        TopicKey(name: name.topicName)
    }
}
