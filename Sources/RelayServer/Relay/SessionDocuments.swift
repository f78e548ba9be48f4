import RelayCore
import RelayEditing
import RelaySessions

/// Documents within sessions: the session's roles say who may do what.
struct SessionDocumentHome: DocumentHome {
    var kindPrefix: String? { "session" }

    func decide(_ action: TopicAction, by principal: Principal, on access: TopicAccess) -> AccessDecision {
        SharedDocumentAccess.decide(action, by: principal, on: access)
    }

    func has(_ name: DocumentName, in access: TopicAccess) -> Bool {
        SharedDocumentAccess.has(name.segment, in: access)
    }
}

/// Has sessions begin documents.
struct SessionDocumentSharing: DocumentSharing {
    let sessions: SessionService

    func share(_ name: DocumentName, as principal: Principal) async throws(BrokerError) -> Bool {
        guard let session = name.session.flatMap({ SessionID($0) }), let document = SharedDocumentID(name.segment)
        else {
            throw .missing
        }
        do throws(SessionFailure) {
            return try await self.sessions.share(document, in: session, as: principal)
        } catch {
            switch error {
            case .broker(let error): throw error
            case .refused(.sessionUnknown): throw .missing
            case .refused(.full): throw .full
            default: throw .denied
            }
        }
    }
}
