/// What came of having a relay read its configuration again.
public struct ConfigurationReload: Sendable, Hashable {
    /// A key that has another value by now. Of a secret both values are `set`, or nil.
    public struct Change: Sendable, Hashable {
        /// Its flat name, as `log_level`.
        public let key: String
        /// As JSON; nil where the key was not set.
        public let from: String?
        /// As JSON; nil where it is not set any more.
        public let to: String?

        init(json: JSONDocument) throws(JSONDocumentError) {
            self.key = try json.string("key")
            self.from = try json.value("from").valueText
            self.to = try json.value("to").valueText
        }
    }

    /// The relay that has read it.
    public let node: String
    /// In effect by now.
    public let changed: [Change]
    /// In effect once the relay is started anew.
    public let needsRestart: [Change]
    /// What the relay's operator should know, one sentence each.
    public let warnings: [String]

    init(json: JSONDocument) throws(JSONDocumentError) {
        func changes(_ name: String) throws(JSONDocumentError) -> [Change] {
            var changes: [Change] = []
            for element in try json.elements(name) { changes.append(try Change(json: element)) }
            return changes
        }
        self.node = try json.string("node")
        self.changed = try changes("changed")
        self.needsRestart = try changes("needs_restart")
        self.warnings = try json.strings("warnings")
    }
}

extension RelayClient {
    /// Has the relay read its configuration again: keys that may change while it runs are in effect by the answer. Callers who are not
    /// administrators get status 403. Where anything is wrong with what it reads, nothing changes, and the error's detail says what is.
    public func reloadConfiguration() async throws -> ConfigurationReload {
        try await self.reply(to: HTTPCall(.post, ["api", "v1", "admin", "config", "reload"]))
            .decoded(ConfigurationReload.init(json:))
    }
}

extension JSONDocument {
    /// As people read it; nil for null.
    fileprivate var valueText: String? {
        if case .string(let text) = self { return text }
        return self.isNull ? nil : self.text
    }
}
