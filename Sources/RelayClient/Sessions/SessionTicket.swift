import Foundation

/// What a token for joining says, as far as whoever holds it needs to know. It is not verified: that is the relay's matter.
public struct SessionTicket: Sendable, Hashable {
    /// The session that it is for.
    public let sessionID: String
    /// Who its holder is there; nil for an invite and other tokens that only let somebody in.
    public let peerID: String?
    /// Seconds since 1970.
    public let expiresAt: Int

    /// - Parameter token: an invite, a join token or a ticket.
    /// - Throws: ``RelayError`` with code `invalidInput` where it is none of these.
    public init(_ token: String) throws(RelayError) {
        let parts = token.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let bytes = Self.decode(parts[1]), let claims = try? JSONDocument(parsing: bytes),
            case .string(let session)? = claims["sid"], case .number(let end)? = claims["exp"],
            let seconds = end.integer
        else { throw RelayError(.invalidInput, detail: "this is no invite, join token or ticket") }
        self.sessionID = session
        self.expiresAt = seconds
        if case .string(let peer)? = claims["peer"] { self.peerID = peer } else { self.peerID = nil }
    }

    /// Base64URL without padding.
    private static func decode(_ text: Substring) -> Data? {
        var text = String(text.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        return Data(base64Encoded: text)
    }
}
