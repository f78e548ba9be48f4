public import RelayCore

/// Where documents are, and so who may use them: on their own, or as parts of other topics.
public protocol DocumentHome: Sendable {
    /// Before the names of the documents' kinds: `session` makes `session_document`. Nil for documents on their own.
    var kindPrefix: String? { get }

    /// As ``TopicBehavior/decide(_:by:on:)`` of the document's topic.
    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision

    /// Whether there is such a document.
    ///
    /// - Parameter access: of the topic that documents are parts of, which exists.
    func has(_ name: DocumentName, in access: TopicAccess) -> Bool
}

/// Documents on their own. Each is a topic with a record.
///
/// | who | read, inspect | publish | manage |
/// | --- | --- | --- | --- |
/// | admin, owner | yes | yes | yes |
/// | granted | yes | yes | no |
/// | anyone, public topic | yes | no | no |
/// | anyone, missing topic | read: waits; inspect: missing | creates and owns it, as `create` does | missing |
/// | without a token | as ``TopicRecord/anonymous`` says | as that says | no |
struct OwnDocuments: DocumentHome {
    private let access = PlainStream()

    var kindPrefix: String? { nil }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        guard principal.isAnonymous else { return self.access.decide(action, by: principal, on: access) }
        guard let record = access.record else { return .missing }
        return switch (action, record.anonymous) {
        case (.read, .read), (.read, .write), (.inspect, .read), (.inspect, .write), (.publish, .write): .allowed
        default: .denied
        }
    }

    func has(_ name: DocumentName, in access: TopicAccess) -> Bool { true }
}
