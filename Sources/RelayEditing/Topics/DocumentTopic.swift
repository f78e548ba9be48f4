import NIOCore
import RelayCore
import RelayDocuments

/// A document that is edited by many: its stream is the log of updates of Yjs, version 1.
///
/// Every update counts: neither age nor number takes one away, only ``StreamSnapshot`` does. What is no update is refused, since no client
/// could go on that gets it.
struct DocumentTopic: DocumentFamilyTopic {
    private let settings: DocumentSettings
    let family: DocumentFamily

    init(settings: DocumentSettings = DocumentSettings(), in home: any DocumentHome = OwnDocuments()) {
        self.settings = settings
        self.family = DocumentFamily(.updates, in: home)
    }

    var admitsAnonymous: Bool { !self.family.isOfOthers }

    /// Updates merge into one.
    var gathering: GatheringTime? { .moment }

    func admit(_ draft: Draft, from principal: Principal, access: TopicAccess) throws(Refusal) -> Draft {
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
    var isGated: Bool { true }

    func retention(configured: Retention) -> Retention {
        Retention(maxMessages: .max, maxAgeSeconds: nil, maxSupersededAgeSeconds: self.settings.historySeconds)
    }
}
