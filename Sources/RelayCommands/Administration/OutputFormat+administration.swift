public import RelayClient

extension OutputFormat {
    /// A user, as the relay or its store has it.
    public func line(_ user: UserAccount) -> String {
        self.userLine(
            id: user.userID,
            name: user.username,
            email: user.email,
            isActive: user.isActive,
            permissions: user.permissions,
            createdAt: user.createdAt
        )
    }

    /// The same from its parts.
    ///
    /// - Parameters:
    ///   - id: never changes.
    ///   - name: what the user logs in with.
    ///   - email: nil for none.
    ///   - isActive: whether the user may log in.
    ///   - permissions: any of `admin`, `read`, `write`.
    ///   - createdAt: RFC 3339.
    public func userLine(
        id: String,
        name: String,
        email: String?,
        isActive: Bool,
        permissions: [String],
        createdAt: String
    ) -> String {
        switch self {
        case .json:
            JSONDocument.object([
                ("user_id", .string(id)), ("username", .string(name)),
                ("email", email.map(JSONDocument.string) ?? .null), ("is_active", .bool(isActive)),
                ("permissions", .array(permissions.map(JSONDocument.string))), ("created_at", .string(createdAt)),
            ]).text
        case .human:
            [
                ShownText.of(id), ShownText.of(name), isActive ? "active" : "inactive",
                permissions.joined(separator: ","),
            ]
            .joined(separator: "  ")
        }
    }

    /// An entry of a list that only administrators see: for people the members that matter, each as `name value`, those without a value left out.
    ///
    /// - Parameters:
    ///   - entry: as the relay sent it.
    ///   - names: which members, in which order; those of objects within as `outer.inner`. Of the first ones the value alone is shown.
    ///   - bare: of how many.
    public func line(_ entry: JSONDocument, showing names: [String], bare: Int = 1) -> String {
        guard case .human = self else { return entry.text }
        let parts = names.enumerated().compactMap { place, name -> String? in
            guard let value = Self.value(name, of: entry).flatMap(Self.shown) else { return nil }
            let title = name.split(separator: ".").joined(separator: " ").replacing("_", with: " ")
            return place < bare ? value : "\(title) \(value)"
        }
        return parts.joined(separator: "  ")
    }

    private static func value(_ name: String, of entry: JSONDocument) -> JSONDocument? {
        name.split(separator: ".").reduce(entry) { value, part in value?[String(part)] }
    }

    private static func shown(_ value: JSONDocument) -> String? {
        switch value {
        case .null: nil
        case .string(let text): text.isEmpty ? nil : ShownText.of(text)
        case .bool, .number: value.text
        case .array(let values): values.isEmpty ? nil : values.compactMap(Self.shown).joined(separator: ",")
        case .object(let object):
            object.members.isEmpty
                ? nil
                : object.members.map { "\(ShownText.of($0.key))=\(Self.shown($0.value) ?? "-")" }.joined(separator: " ")
        }
    }
}
