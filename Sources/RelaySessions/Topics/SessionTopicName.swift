public import RelayCore

/// The name of one of a session's topics: `session/{sid}` is the root, which has the session, and the others are its parts.
public struct SessionTopicName: Hashable, Sendable {
    /// Which of a session's topics.
    public enum Part: Hashable, Sendable {
        /// Lifecycle, roster, roles, chat, what members broadcast.
        case root
        /// Cursors and the like: the latest of each peer.
        case presence
        /// What peers arrange with each other.
        case signal
        /// When and where to meet, said by the relay.
        case punch
        /// Manifests, changes, pieces of files.
        case files
        /// What becomes of one tunnel.
        case tunnel(TunnelID)

        var family: SessionTopicFamily {
            switch self {
            case .root: .root
            case .presence: .presence
            case .signal: .signal
            case .punch: .punch
            case .files: .files
            case .tunnel: .tunnel
            }
        }
    }

    public let session: SessionID
    public let part: Part

    public init(_ session: SessionID, _ part: Part = .root) {
        self.session = session
        self.part = part
    }

    /// - Returns: nil for any other path.
    public init?(path: String) {
        let segments = path.split(separator: "/", omittingEmptySubsequences: false)
        guard segments.count >= 2, segments[0] == "session", let session = SessionID(String(segments[1])) else {
            return nil
        }
        switch segments.dropFirst(2).map(String.init) {
        case []: self.init(session)
        case ["presence"]: self.init(session, .presence)
        case ["signal"]: self.init(session, .signal)
        case ["punch"]: self.init(session, .punch)
        case ["files"]: self.init(session, .files)
        case let rest where rest.count == 2 && rest[0] == "tunnel":
            guard let tunnel = TunnelID(rest[1]) else { return nil }
            self.init(session, .tunnel(tunnel))
        default: return nil
        }
    }

    /// As clients write it.
    public var path: String {
        let root = "session/\(self.session)"
        return switch self.part {
        case .root: root
        case .presence: "\(root)/presence"
        case .signal: "\(root)/signal"
        case .punch: "\(root)/punch"
        case .files: "\(root)/files"
        case .tunnel(let tunnel): "\(root)/tunnel/\(tunnel)"
        }
    }

    public var topicName: TopicName { TopicName(path: self.path) }
}

/// The topics of a session that are of one kind.
enum SessionTopicFamily: CaseIterable {
    case root
    case presence
    case signal
    case punch
    case files
    case tunnel
}
