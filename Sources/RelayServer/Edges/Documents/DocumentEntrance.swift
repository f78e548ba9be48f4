import RelayAccess
import RelayCore
import RelayEditing

/// Lets clients into documents whose tokens come over the WebSocket itself.
struct DocumentEntrance {
    let services: DocumentServices
    /// Of the token that the WebSocket was opened with; nil for none.
    let opener: Session?
    /// Where people without a token come from, as ``ClientAddress/key(_:)`` has it; nil where the client is somebody from the start.
    let address: String?

    /// Finds out who a client is.
    ///
    /// - Parameter token: empty where the one that the WebSocket was opened with counts.
    func session(
        _ token: String,
        for client: some Suspending,
        then body: @escaping (Result<Session, AccessError>) -> Void
    ) {
        guard !token.isEmpty else {
            guard let session = self.opener ?? self.services.anonymous?.session else {
                return body(.failure(AccessError(.notAuthenticated)))
            }
            return body(self.checked(session))
        }
        self.services.access.findSession(token, for: client) { result in
            switch result {
            case .success(let session): body(self.checked(session))
            case .failure: body(result)
            }
        }
    }

    /// Whether a session may read now. A key that its token names was proven when the WebSocket was opened, or never.
    func checked(_ session: Session) -> Result<Session, AccessError> {
        do throws(AccessError) {
            guard session.key == nil || session.key == self.opener?.key else { throw AccessError(.notAuthenticated) }
            _ = try session.principal(at: self.services.clock.now(), requiring: .read)
            return .success(session)
        } catch {
            return .failure(error)
        }
    }

    /// Has the document in memory, and counts the client among its connections.
    func open(
        _ name: DocumentName,
        as session: Session,
        for client: some Suspending,
        then body: @escaping (Result<DocumentUse, DocumentRefusal>) -> Void
    ) {
        guard let principal = session.standingPrincipal(requiring: .read) else {
            return body(.failure(.broker(.denied)))
        }
        self.services.open(name, as: principal, from: self.address, for: client, then: body)
    }
}
