public import RelayCore

/// Who may use a session's documents. Their topics are parts of the session's: `session/{sid}/document/{id}`, and what is below.
///
/// | who | read | publish updates | begin one |
/// | --- | --- | --- | --- |
/// | the relay | yes | yes | no |
/// | a peer of the roster with ``SessionCapabilities/read`` | yes | no | no |
/// | a peer with ``SessionCapabilities/edit`` as well | yes | yes | yes |
/// | an account with a peer in the roster, or that made the session, naming none; an administrator | yes | no | no |
/// | who was a peer when the session ended | yes | no | no |
/// | anybody else | no | no | no |
public enum SharedDocumentAccess {
    public static func decide(
        _ action: TopicAction,
        by principal: Principal,
        on access: TopicAccess
    ) -> AccessDecision {
        guard let session = access.state as? Session else { return .missing }
        switch (session.viewer(principal), action) {
        case (.relay, _): return .allowed
        case (.stranger, _), (_, .create), (_, .manage): return .denied
        case (.administrator, .read), (.member, .read), (.former, .read): return .allowed
        case (.administrator, .inspect), (.member, .inspect), (.former, .inspect): return .allowed
        case (.administrator, .publish), (.member, .publish), (.former, .publish): return .denied
        case (.peer(let peer), .read), (.peer(let peer), .inspect):
            return peer.capabilities.contains(.read) ? .allowed : .denied
        case (.peer(let peer), .publish):
            return peer.capabilities.isSuperset(of: [.read, .edit]) ? .allowed : .denied
        }
    }

    /// Whether the session has begun a document of that id.
    public static func has(_ id: String, in access: TopicAccess) -> Bool {
        guard let session = access.state as? Session else { return false }
        return session.sharedDocuments.contains { $0.text.utf8.elementsEqual(id.utf8) }
    }

    /// The topic of a document's updates.
    static func topicName(of id: SharedDocumentID, in session: SessionID) -> TopicName {
        TopicName(path: "\(SessionTopicName(session).path)/document/\(id)")
    }
}
