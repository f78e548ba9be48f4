import NIOCore
import RelayWire

/// Finds out who signed a request (RFC 8489, 9.2), without anything that is stored.
struct TURNAuthentication: Sendable {
    enum Refusal: Error, Hashable {
        case badRequest
        case unauthenticated
        case staleNonce

        var code: STUNErrorCode {
            switch self {
            case .badRequest: .badRequest
            case .unauthenticated: .unauthenticated
            case .staleNonce: .staleNonce
            }
        }

        /// Whether the client is to try again with a nonce.
        var hasNonce: Bool { self != .badRequest }
    }

    let credentials: TURNCredentials
    let nonces: TURNNonces
    /// Seconds since 1970.
    let wallClock: @Sendable () -> Int64

    /// - Parameter known: whose allocation the client has. Its name may have ended meanwhile: what it has goes on.
    func caller(
        of message: STUNMessage,
        from client: TransportAddress,
        known: TURNCaller?,
        at now: NIODeadline
    ) throws(Refusal) -> TURNCaller {
        guard message.isSigned(by: .sha256) || message.isSigned(by: .sha1) else { throw .unauthenticated }
        let texts: (name: String?, realm: String?, nonce: String?)
        do {
            texts = (try message.text(.username), try message.text(.realm), try message.text(.nonce))
        } catch {
            throw .badRequest
        }
        // Password algorithms were not offered.
        guard let username = texts.name, let realm = texts.realm, let nonce = texts.nonce,
            !message.has(.passwordAlgorithm)
        else { throw .badRequest }
        guard self.nonces.verify(nonce, of: client, at: now) == .valid else { throw .staleNonce }
        guard realm == TURNCredentials.realm, let name = TURNCredentials.name(username) else { throw .unauthenticated }
        let isKnown = known?.username == username
        guard isKnown || name.end > self.wallClock() else { throw .unauthenticated }
        let key = known.flatMap { isKnown ? $0.key : nil } ?? self.credentials.key(of: username)
        let integrity: STUNIntegrity = message.isSigned(by: .sha256) ? .sha256 : .sha1
        guard message.isAuthentic(integrity, code: { integrity.code(of: $0, key: key) }) else { throw .unauthenticated }
        return TURNCaller(username: username, id: name.id, key: key, integrity: integrity)
    }
}
