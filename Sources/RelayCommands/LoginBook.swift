import RelayClient

/// All logins of one person, by the relay's URL.
public struct LoginBook: Sendable, Hashable {
    /// The relay that is meant where none is named: that of the last login.
    public private(set) var defaultURL: String?
    private var logins: [String: StoredLogin] = [:]

    public init() {}

    public subscript(url: String) -> StoredLogin? { self.logins[url] }

    /// - Parameter becomesDefault: whether commands without `--url` mean this relay from now on.
    public mutating func set(_ login: StoredLogin, for url: String, becomesDefault: Bool) {
        self.logins[url] = login
        if becomesDefault { self.defaultURL = url }
    }

    /// Forgets a login; no relay is the default one then, if it was this.
    ///
    /// - Returns: what was forgotten; nil where there was nothing.
    public mutating func remove(_ url: String) -> StoredLogin? {
        if self.defaultURL == url { self.defaultURL = nil }
        return self.logins.removeValue(forKey: url)
    }

    init(json: JSONDocument) throws(JSONDocumentError) {
        guard case .object(let logins)? = json["relays"] else { throw JSONDocumentError(reason: "no object 'relays'") }
        if case .string(let url)? = json["default"] { self.defaultURL = url }
        for member in logins.members { self.logins[member.key] = try StoredLogin(json: member.value) }
    }

    var json: JSONDocument {
        let logins = self.logins.sorted { $0.key < $1.key }.map { ($0.key, $0.value.json) }
        return .object([
            ("default", self.defaultURL.map(JSONDocument.string) ?? .null),
            ("relays", .object(logins)),
        ])
    }
}
