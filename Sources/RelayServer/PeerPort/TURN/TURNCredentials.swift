import Crypto
import Foundation

/// User names and passwords for TURN that end by themselves, in the form that other TURN servers know too: the name is
/// `<end in seconds since 1970>:<id>`, the password the Base64 of the name's HMAC-SHA1 under a shared secret. Nothing is stored.
struct TURNCredentials: Sendable {
    /// What clients are told that the credentials are for. It is part of their key.
    static let realm = "pulsar-relay"
    /// Bytes of an id; longer ones are none. With the time before it, it has to fit into 508 bytes (RFC 8489, 14.3).
    static let maximumID = 496

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

    /// Who has credentials by a ticket.
    struct Holder: Hashable {
        var session: String
        /// Without a slash, as every ticket's id that the relay makes.
        var ticket: String
        /// Empty where the credentials don't name it: what it sends is relayed, and accounted for nobody.
        var peer: String

        /// `session/<session>/<ticket>/<peer>`; nil where that is too long without the peer.
        ///
        /// Programs differ in how they write other letters than those of ASCII into a message. A peer with such an id is left out.
        var id: String? {
            let start = "session/\(self.session)/\(self.ticket)/"
            guard start.utf8.count <= TURNCredentials.maximumID else { return nil }
            let isPlain = self.peer.utf8.allSatisfy { 0x21...0x7E ~= $0 }
            let fits = start.utf8.count + self.peer.utf8.count <= TURNCredentials.maximumID
            return isPlain && fits ? start + self.peer : start
        }
    }

    /// - Returns: nil for the id of a user.
    static func holder(of id: String) -> Holder? {
        let parts = id.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "session" else { return nil }
        return Holder(session: String(parts[1]), ticket: String(parts[2]), peer: String(parts[3]))
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
