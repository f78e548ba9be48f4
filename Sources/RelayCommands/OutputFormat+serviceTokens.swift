public import RelayClient

extension OutputFormat {
    /// For people the token's text alone, so that it can be handed on.
    public func line(_ made: NewServiceToken) -> String {
        switch self {
        case .json: JSONDocument.object(JSONObject([("token", .string(made.text))] + Self.members(of: made.token))).text
        case .human: made.text
        }
    }

    public func line(_ token: ServiceToken) -> String {
        switch self {
        case .json: JSONDocument.object(JSONObject(Self.members(of: token))).text
        case .human:
            ([token.id, "until \(token.expiresAt)", token.permissions.joined(separator: ",")] + token.topics
                + token.prefixes.map { "\($0)*" } + [ShownText.of(token.label ?? "")]).filter { !$0.isEmpty }.joined(
                    separator: "  "
                )
        }
    }

    private static func members(of token: ServiceToken) -> [(String, JSONDocument)] {
        [
            ("id", .string(token.id)),
            ("user_id", .string(token.userID)),
            ("label", token.label.map(JSONDocument.string) ?? .null),
            ("topics", .array(token.topics.map(JSONDocument.string))),
            ("prefixes", .array(token.prefixes.map(JSONDocument.string))),
            ("permissions", .array(token.permissions.map(JSONDocument.string))),
            ("peer_id", token.peerID.map(JSONDocument.string) ?? .null),
            ("created_at", .string(token.createdAt)),
            ("expires_at", .string(token.expiresAt)),
        ]
    }
}
