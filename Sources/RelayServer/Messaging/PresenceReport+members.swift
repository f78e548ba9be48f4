import RelayCore
import RelayPresence
import RelayWire

extension PresenceReport {
    init(_ handout: PresenceHandout) {
        self.init(
            topic: handout.topic.rawValue,
            content: Content(handout.content),
            users: handout.counts.users,
            connections: handout.counts.connections,
            cursor: handout.cursor.clientText
        )
    }

    /// Nobody is on a topic that does not exist.
    static func nobody(on topic: TopicName) -> PresenceReport {
        PresenceReport(
            topic: topic.rawValue,
            content: .sync([]),
            users: 0,
            connections: 0,
            cursor: Cursor.oldest.clientText
        )
    }

    /// - Parameter members: of the roster, those to be told of; nil for all.
    init(_ roster: PresenceRoster, of topic: TopicName, _ members: [PresenceMember]? = nil) {
        self.init(
            topic: topic.rawValue,
            content: .sync((members ?? roster.members).map(PresenceMemberFields.init)),
            users: roster.counts.users,
            connections: roster.counts.connections,
            cursor: roster.cursor.clientText
        )
    }
}

extension PresenceReport.Content {
    fileprivate init(_ content: PresenceHandout.Content) {
        switch content {
        case .sync(let members): self = .sync(members.map(PresenceMemberFields.init))
        case .changes(let changes):
            var (joined, updated): ([PresenceMemberFields], [PresenceMemberFields]) = ([], [])
            var left: [String] = []
            for change in changes {
                switch change {
                case .join(let member): joined.append(PresenceMemberFields(member))
                case .update(let member): updated.append(PresenceMemberFields(member))
                case .leave(let member): left.append(member.connection.rawValue)
                }
            }
            self = .changes(joined: joined, updated: updated, left: left)
        }
    }
}

extension PresenceMemberFields {
    fileprivate init(_ member: PresenceMember) {
        self.init(
            connectionID: member.connection.rawValue,
            user: member.username,
            data: member.data,
            joinedAt: member.joinedAt,
            lastSeen: member.lastSeen
        )
    }
}

extension Cursor {
    /// As clients send it back.
    fileprivate var clientText: String {
        switch self {
        case .oldest: MessageID.zero.description
        case .after(let id): id.description
        case .inEpoch(let epoch, after: let id): ReaderPosition(epoch: epoch, id: id).description
        }
    }
}
