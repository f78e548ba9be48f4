import NIOCore
import RelayWire

/// A join token of older programs. It names a session and a role, and nothing that it could be revoked, counted or bound by: the verifier
/// takes it behind a setting only, and gives it an id made of what it says. A host's is a claim that makes one host, as the session sees to.
public struct LegacyToken: Hashable, Sendable {
    /// How it is written.
    public enum Form: Hashable, Sendable, CaseIterable {
        /// Payload and signature in base64url, with a dot between them. Members `s`, `r`, `e`, `i`.
        case dotted
        /// Payload and signature in lower-case hex, without anything between them. Members `session_id`, `role`, `exp`, `iat`.
        case hexadecimal

        /// - Returns: nil for a text with two dots or more, as tickets have them.
        init?(of text: [UInt8]) {
            switch text.count(where: { $0 == UInt8(ascii: ".") }) {
            case 0: self = .hexadecimal
            case 1: self = .dotted
            default: return nil
            }
        }

        fileprivate var names: (session: String, role: String, expiresAt: String, issuedAt: String) {
            switch self {
            case .dotted: ("s", "r", "e", "i")
            case .hexadecimal: ("session_id", "role", "exp", "iat")
            }
        }
    }

    /// Of a whole token. Longer ones are refused before anything of them is decoded.
    static let maximumBytes = 1024

    public let session: SessionID
    public let role: SessionRole
    /// The last second in which it is good, since the Unix epoch.
    public let expiresAt: Int64
    /// In seconds since the Unix epoch.
    public let issuedAt: Int64

    public init(session: SessionID, role: SessionRole, expiresAt: Int64, issuedAt: Int64) {
        self.session = session
        self.role = role
        self.expiresAt = expiresAt
        self.issuedAt = issuedAt
    }

    /// The token as older programs make and read it.
    public func text(_ form: Form, by key: SigningKey) -> String {
        let payload = self.payload(form)
        let signature = key.sign(payload)
        return switch form {
        case .dotted: "\(Sodium.base64(payload)).\(Sodium.base64(signature))"
        case .hexadecimal: String(hexadecimal: payload + signature)
        }
    }

    private func payload(_ form: Form) -> [UInt8] {
        let names = form.names
        var json = ByteBuffer()
        json.writeString(#"{"\#(names.session)":"#)
        json.writeJSONString(self.session.text)
        json.writeString(#","\#(names.role)":"\#(self.role.name)","\#(names.expiresAt)":\#(self.expiresAt)"#)
        json.writeString(#","\#(names.issuedAt)":\#(self.issuedAt)}"#)
        return Array(json.readableBytesView)
    }
}

extension LegacyToken {
    /// A token that one of the cluster's keys signed.
    struct Signed: Hashable {
        let token: LegacyToken
        let id: TicketID
    }

    /// - Parameter text: of the form's number of dots.
    static func open(_ text: [UInt8], _ form: Form, with keys: TicketKeys) throws(TicketRefusal) -> Signed {
        guard text.count <= Self.maximumBytes else { throw .tooLarge }
        let (payload, signature) = try Self.decode(text, form)
        // It names no key.
        guard keys.publicKeys.contains(where: { $0.signed(payload, with: signature) }) else { throw .badSignature }
        return Signed(token: try LegacyToken(payload: payload, form), id: .ofLegacyPayload(payload))
    }

    private static func decode(
        _ text: [UInt8],
        _ form: Form
    ) throws(TicketRefusal) -> (payload: [UInt8], signature: [UInt8]) {
        switch form {
        case .dotted:
            let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard parts.count == 2, let payload = Sodium.bytes(base64: parts[0]),
                let signature = Sodium.bytes(base64: parts[1]), signature.count == Sodium.signatureBytes
            else { throw .malformed }
            return (payload, signature)
        case .hexadecimal:
            guard let bytes = Hexadecimal.bytes(text, capitals: false), bytes.count > Sodium.signatureBytes else {
                throw .malformed
            }
            return (bytes.dropLast(Sodium.signatureBytes), bytes.suffix(Sodium.signatureBytes))
        }
    }

    private init(payload: [UInt8], _ form: Form) throws(TicketRefusal) {
        let members = try PayloadMembers(payload)
        let names = form.names
        guard members.names == [names.session, names.role, names.expiresAt, names.issuedAt],
            let role = SessionRole(name: try members.text(names.role)),
            let session = SessionID(try members.text(names.session))
        else { throw .malformed }
        self.session = session
        self.role = role
        self.expiresAt = try members.integer(names.expiresAt)
        self.issuedAt = try members.integer(names.issuedAt)
        guard self.expiresAt >= 0, self.issuedAt >= 0 else { throw .malformed }
    }
}

extension LegacyToken.Signed {
    func verified(at now: Timestamp) throws(TicketRefusal) -> VerifiedTicket {
        let end = Timestamp(microseconds: 0).adding(seconds: self.token.expiresAt).adding(seconds: 1)
        guard now < end else { throw .expired }
        let facts = TicketFacts(
            session: self.token.session,
            role: self.token.role,
            id: self.id,
            expiresAt: end
        )
        return VerifiedTicket(facts: facts, node: nil)
    }
}
