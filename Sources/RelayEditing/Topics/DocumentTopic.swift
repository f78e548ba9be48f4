import NIOCore
public import RelayCore
import RelayDocuments

/// A document that is edited by many: its stream is the log of updates of Yjs, version 1.
///
/// | who | read, inspect | publish | manage |
/// | --- | --- | --- | --- |
/// | admin, owner | yes | yes | yes |
/// | granted | yes | yes | no |
/// | anyone, public topic | yes | no | no |
/// | anyone, missing topic | read: waits; inspect: missing | creates and owns it, as `create` does | missing |
/// | without a token | as ``TopicRecord/anonymous`` says | as that says | no |
///
/// Every update counts: neither age nor number takes one away, only ``StreamSnapshot`` does. What is no update is refused, since no client
/// could go on that gets it.
public struct DocumentTopic: TopicBehavior {
    private let settings: DocumentSettings
    private let access = PlainStream()

    public init(settings: DocumentSettings = DocumentSettings()) {
        self.settings = settings
    }

    public let kind = "document"

    public func name(fromPath path: String) -> TopicName? {
        guard !DocumentName.isAwareness(path), !DocumentName.isStateless(path), let name = DocumentName(path: path)
        else { return nil }
        return name.topicName
    }

    public var hasGlobalNames: Bool { true }

    public var payloadFormat: PayloadFormat { .binary }

    public var admitsAnonymous: Bool { true }

    public func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        guard principal.isAnonymous else { return self.access.decide(action, by: principal, on: access) }
        guard let record = access.record else { return .missing }
        return switch (action, record.anonymous) {
        case (.read, .read), (.read, .write), (.inspect, .read), (.inspect, .write), (.publish, .write): .allowed
        default: .denied
        }
    }

    public func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
        guard draft.payload.readableBytes <= self.settings.maxBytes else {
            throw Refusal("too_large: the update is larger than a document may be")
        }
        do throws(DocumentError) {
            try Update.check(draft.payload.readableBytesUInt8Span)
        } catch {
            throw Refusal("This is no update of Yjs, version 1: \(error)")
        }
        var draft = draft
        draft.ttl = nil
        draft.sender = principal.isRelay ? nil : principal.username
        // What the relay says again others have said before.
        draft.listener = self.settings.areUpdatesHeard && !principal.isRelay ? .documents : nil
        return draft
    }

    public func retention(configured: Retention) -> Retention {
        Retention(maxMessages: .max, maxAgeSeconds: nil, maxSupersededAgeSeconds: self.settings.historySeconds)
    }
}
