import Crypto
import Foundation

/// User names and passwords for TURN that end by themselves, in the form that other TURN servers know too: the name is
/// `<end in seconds since 1970>:<id>`, the password the Base64 of the name's HMAC-SHA1 under a shared secret. Nothing is stored.
struct TURNCredentials: Sendable {
    /// What clients are told that the credentials are for. It is part of their key.
    static let realm = "pulsar-relay"
    /// Bytes of an id; longer ones are none.
    static let maximumID = 128

    private let secret: SymmetricKey

    /// - Parameter secret: what issuer and server share.
    init(sharedSecret secret: String) {
        self.secret = SymmetricKey(data: Array(secret.utf8))
    }

    /// With a secret of its own for this, made from the relay's.
    init(relaySecret: String) {
        self.secret = PortKey.derive(from: relaySecret, for: "turn-credentials")
    }

    struct Name: Hashable {
        /// In seconds since 1970.
        var end: Int64
        var id: String
    }

    /// - Returns: nil where the text is no such name.
    static func name(_ text: String) -> Name? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let end = Int64(parts[0]), end >= 0, !parts[1].isEmpty,
            parts[1].utf8.count <= Self.maximumID
        else { return nil }
        return Name(end: end, id: String(parts[1]))
    }

    /// The id of who holds a ticket: `session/<session>/<ticket>`.
    ///
    /// - Returns: nil where that is longer than an id may be.
    static func id(ofTicket ticket: String, in session: String) -> String? {
        let id = "session/\(session)/\(ticket)"
        return id.utf8.count <= Self.maximumID ? id : nil
    }

    /// The session of who holds a ticket; nil for any other id.
    static func session(of id: String) -> String? {
        let parts = id.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 3 && parts[0] == "session" ? String(parts[1]) : nil
    }

    func issue(_ name: Name) -> (username: String, password: String) {
        let username = "\(name.end):\(name.id)"
        return (username, self.password(of: username))
    }

    func password(of username: String) -> String {
        let code = HMAC<Insecure.SHA1>.authenticationCode(for: Array(username.utf8), using: self.secret)
        return Data(code).base64EncodedString()
    }

    /// The key that messages are signed with (RFC 8489, 9.2.2).
    func key(of username: String) -> SymmetricKey {
        let text = "\(username):\(Self.realm):\(self.password(of: username))"
        return SymmetricKey(data: Array(Insecure.MD5.hash(data: Array(text.utf8))))
    }
}
