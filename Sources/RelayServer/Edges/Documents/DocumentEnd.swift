import RelayCore
import RelayEditing

/// Why a member's part in a document is over.
enum DocumentEnd: Hashable {
    /// It may not read the document, or not any more.
    case denied(String)
    case deleted
    /// Come again with another token.
    case expired
    /// Come again a little later.
    case unavailable(String)

    /// What a client is told in its own protocol.
    var clientText: String {
        switch self {
        case .denied(let reason), .unavailable(let reason): reason
        case .deleted: "The document was deleted"
        case .expired: "The access token has expired"
        }
    }
}

extension JoinRefusal {
    /// What becomes of the part that was to begin.
    var end: DocumentEnd {
        switch self {
        case .broker(.denied), .broker(.missing): .denied(UpdateRefusal.denied.clientText)
        case .broker, .namedReader, .overloaded, .tooManySubscriptions: .unavailable(self.clientText)
        }
    }
}
