public import FoundationEssentials

/// What a token, or an answer about its user, says: an object of JSON.
public struct TokenClaims: Hashable, Sendable {
    private var values: [String: ClaimValue]

    /// - Parameter json: of a bounded length.
    /// - Returns: nil where it is no object, or is nested too deep.
    public init?(_ json: Data) {
        guard ClaimValue.isShallow(json), let values = try? JSONDecoder().decode([String: ClaimValue].self, from: json)
        else { return nil }
        self.values = values
    }

    /// These, and of what others say that which these don't.
    public func completed(by others: TokenClaims) -> TokenClaims {
        var copy = self
        copy.values.merge(others.values) { own, _ in own }
        return copy
    }

    /// The text of a claim; nil for an empty one.
    ///
    /// - Parameter name: a claim, or, where there is none of that name, names with dots between them that lead to one:
    ///   `realm_access.roles`.
    public func text(_ name: String) -> String? {
        guard case .text(let text) = self.value(name), !text.isEmpty else { return nil }
        return text
    }

    /// The texts of a claim that is a text or a list of them; others in the list are left out. `scope` and `scp` have blanks between theirs
    /// (RFC 8693, 4.2).
    ///
    /// - Parameter name: as of ``text(_:)``.
    public func texts(_ name: String) -> [String] {
        switch self.value(name) {
        case .text(let text) where name == "scope" || name == "scp": text.split(separator: " ").map(String.init)
        case .text(let text): [text]
        case .list(let values): values.compactMap { if case .text(let text) = $0 { text } else { nil } }
        default: []
        }
    }

    /// Whether a claim is `true`. Some issuers write that as a text.
    public func isTrue(_ name: String) -> Bool {
        let value = self.value(name)
        return value == .boolean(true) || value == .text("true")
    }

    /// Whether there is such a claim.
    public func has(_ name: String) -> Bool { self.value(name) != nil }

    /// A moment in seconds since the Unix epoch; nil where it is none that a clock could show.
    func seconds(_ name: String) -> Double? {
        guard case .number(let number) = self.values[name], number.isFinite, abs(number) < 1e11 else { return nil }
        return number
    }

    func value(_ name: String) -> ClaimValue? {
        if let value = self.values[name] { return value }
        let path = name.split(separator: ".", omittingEmptySubsequences: false)
        guard path.count > 1 else { return nil }
        var value: ClaimValue? = self.values[String(path[0])]
        for part in path.dropFirst() {
            guard case .object(let members) = value else { return nil }
            value = members[String(part)]
        }
        return value
    }
}
