import NIOCore
import RelayAccess
import RelayCore
import RelayValkey
import RelayWire

extension RefreshToken {
    /// Of a token that is stored for the first time.
    var fields: [ValkeyArgument] {
        var fields: [ValkeyArgument] = [
            "version", 1, "user", .init(self.user.rawValue), "chain", .init(self.chain),
            "hash", .init(ByteBuffer(bytes: self.secretHash)), "issued", .init(self.issuedAt.microseconds),
            "expires", .init(self.expiresAt.microseconds),
        ]
        if let hint = self.clientHint { fields += ["hint", .init(hint)] }
        if let date = self.lastUsedAt { fields += ["used", .init(date.microseconds)] }
        if let date = self.rotatedAt { fields += ["rotated", .init(date.microseconds)] }
        if let successor = self.successor { fields += ["successor", .init(successor)] }
        if let date = self.revokedAt { fields += ["revoked", .init(date.microseconds)] }
        return fields
    }

    /// - Returns: nil where there are no fields.
    init?(_ jti: String, _ fields: HashFields) throws(StoreError) {
        guard !fields.isEmpty else { return nil }
        self.init(
            jti: jti,
            user: UserID(try fields.required(fields.text("user"), "user")),
            chain: try fields.required(fields.text("chain"), "chain"),
            secretHash: try fields.required(fields.bytes("hash"), "hash"),
            issuedAt: try fields.required(fields.moment("issued"), "issued"),
            expiresAt: try fields.required(fields.moment("expires"), "expires"),
            clientHint: fields.text("hint"),
            lastUsedAt: fields.moment("used"),
            rotatedAt: fields.moment("rotated"),
            successor: fields.text("successor"),
            revokedAt: fields.moment("revoked")
        )
    }
}
