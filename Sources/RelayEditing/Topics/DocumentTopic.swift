import NIOCore
public import RelayCore
import RelayDocuments

/// A document that is edited by many: its stream is the log of updates of Yjs, version 1.
///
/// Every update counts: neither age nor number takes one away, only ``StreamSnapshot`` does. What is no update is refused, since no client
/// could go on that gets it.
public struct DocumentTopic: TopicBehavior {
    private let settings: DocumentSettings
    private let family: DocumentFamily

    public init(settings: DocumentSettings = DocumentSettings()) {
        self.init(settings: settings, in: OwnDocuments())
    }

    init(settings: DocumentSettings, in home: any DocumentHome) {
        self.settings = settings
        self.family = DocumentFamily(.updates, in: home)
    }

    public var kind: String { self.family.kind }

    public func name(fromPath path: String) -> TopicName? { self.family.name(fromPath: path) }

    public func root(of name: TopicName) -> TopicName? { self.family.root(of: name) }

    public func hasPart(_ name: TopicName, in access: TopicAccess) -> Bool { self.family.hasPart(name, in: access) }

    public var hasGlobalNames: Bool { true }

    public var hasPeers: Bool { self.family.isOfOthers }

    public var payloadFormat: PayloadFormat { .binary }

    public var admitsAnonymous: Bool { !self.family.isOfOthers }

    /// Updates merge into one.
    public var gathersMessages: Bool { true }

    public func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        self.family.decide(action, by: principal, on: access)
    }

    public func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
        guard draft.payload.readableBytes <= self.settings.maxBytes else {
            throw Refusal("too_large: the update is larger than a document may be")
        }
        do throws(DocumentError) {
            // What the relay says again others have said before.
            try Update.check(draft.payload.readableBytesUInt8Span, isInDocument: principal.isRelay)
        } catch {
            throw Refusal("This is no update of Yjs, version 1: \(error)")
        }
        var draft = draft.sent(by: principal, for: nil)
        draft.listener = self.settings.areUpdatesHeard && !principal.isRelay ? .documents : nil
        return draft
    }

    /// By the size of the document, see ``DocumentService``.
    public var isGated: Bool { true }

    public func retention(configured: Retention) -> Retention {
        Retention(maxMessages: .max, maxAgeSeconds: nil, maxSupersededAgeSeconds: self.settings.historySeconds)
    }
}
