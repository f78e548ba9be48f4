public import NIOCore
public import RelayCore

/// A session's topics, one behaviour for each of its parts.
///
/// The root's record and state decide for all of them. Nobody makes one by publishing: sessions are made by ``SessionService``.
///
/// | who | read | publish | manage |
/// | --- | --- | --- | --- |
/// | the relay | everything | everything | yes |
/// | a peer of the roster | what is for it or for all; a tunnel's only if it is bound to it | by its role and the message's type | no |
/// | an account with a peer in the roster, or that made the session, naming none | what is for all | no | no |
/// | an administrator | what is for all | no | no: it closes sessions by their route |
/// | who was a peer when the session ended | as before | no | no |
/// | anybody else | no | no | no |
public struct SessionTopic: TopicBehavior {
    private enum Family: CaseIterable {
        case root
        case presence
        case signal
        case punch
        case files
        case tunnel

        init(_ part: SessionTopicName.Part) {
            switch part {
            case .root: self = .root
            case .presence: self = .presence
            case .signal: self = .signal
            case .punch: self = .punch
            case .files: self = .files
            case .tunnel: self = .tunnel
            }
        }
    }

    /// For how long the parts that are not kept have their messages. In seconds.
    static let hotSeconds: Int64 = 30

    private let family: Family
    private let rules: SessionRules
    private let limits: SessionMessageLimits

    /// The behaviours of all parts.
    public static func all(
        rules: SessionRules = SessionRules(),
        limits: SessionMessageLimits = SessionMessageLimits()
    ) -> [any TopicBehavior] {
        Family.allCases.map { SessionTopic(family: $0, rules: rules, limits: limits) }
    }

    public var kind: String {
        switch self.family {
        case .root: "session"
        case .presence: "session_presence"
        case .signal: "session_signal"
        case .punch: "session_punch"
        case .files: "session_files"
        case .tunnel: "session_tunnel"
        }
    }

    public func name(fromPath path: String) -> TopicName? {
        guard path.hasPrefix("session/"), let name = SessionTopicName(path: path), Family(name.part) == self.family else {
            return nil
        }
        return name.topicName
    }

    public func root(of name: TopicName) -> TopicName? {
        guard self.family != .root else { return nil }
        return SessionTopicName(path: name.rawValue).map { SessionTopicName($0.session).topicName }
    }

    public var hasGlobalNames: Bool { true }

    public var tier: StreamTier {
        switch self.family {
        case .root, .tunnel: .kept
        case .presence, .signal, .punch, .files: .hot
        }
    }

    public func decode(_ state: ByteBuffer) -> (any KindState)? {
        try? Session(document: Array(state.readableBytesView), rules: self.rules)
    }

    public func retention(configured: Retention) -> Retention {
        switch self.family {
        case .root, .tunnel: Retention(maxMessages: configured.maxMessages, maxAgeSeconds: nil)
        case .presence, .signal, .punch, .files:
            Retention(maxMessages: configured.maxMessages, maxAgeSeconds: Self.hotSeconds)
        }
    }
}

// MARK: - Who may do what

extension SessionTopic {
    public func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        guard let session = access.state as? Session else { return .missing }
        switch session.viewer(principal) {
        case .relay: return .allowed
        case .stranger: return .denied
        case .administrator, .member, .former: return Self.isReading(action) ? .allowed : .denied
        case .peer(let peer):
            guard self.mayEnter(peer.id, session, access) else { return .denied }
            switch action {
            case .read, .inspect: return peer.capabilities.contains(.read) ? .allowed : .denied
            case .publish: return self.family == .punch ? .denied : .allowed
            case .create, .manage: return .denied
            }
        }
    }

    private static func isReading(_ action: TopicAction) -> Bool {
        switch action {
        case .read, .inspect: true
        case .publish, .create, .manage: false
        }
    }
}
