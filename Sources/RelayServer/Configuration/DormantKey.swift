/// A key of the Python relay's files that is read without complaint but changes nothing here: existing files load, and
/// the log names what has no effect.
struct DormantKey: Sendable {
    /// Flat name, or the group whose keys are all meant.
    let name: String
    /// Other spellings.
    let aliases: [String]
    /// Whether keys below it (`oidc.providers.x.client_id`) are meant as well.
    let isGroup: Bool
    let reason: String

    init(_ name: String, aliases: [String] = [], isGroup: Bool = false, _ reason: String) {
        self.name = name
        self.aliases = aliases
        self.isGroup = isGroup
        self.reason = reason
    }

    func matches(_ spelling: String) -> Bool {
        spelling == self.name || self.aliases.contains(spelling)
            || (self.isGroup && spelling.hasPrefix(self.name + "."))
    }

    private static let noValkey = "this version has no Valkey store"
    private static let noDeviceFlow = "this version has no device sign-in"

    static let all: [DormantKey] = [
        DormantKey("app_name", "the relay has no other name than Pulsar Relay"),
        DormantKey("valkey_host", aliases: ["valkey.host"], Self.noValkey),
        DormantKey("valkey_port", aliases: ["valkey.port"], Self.noValkey),
        DormantKey("valkey_use_tls", aliases: ["valkey.use_tls"], Self.noValkey),
        DormantKey("valkey_username", aliases: ["valkey.username"], Self.noValkey),
        DormantKey("valkey_password", aliases: ["valkey.password"], Self.noValkey),
        DormantKey("valkey_ca_path", aliases: ["valkey.ca_path"], Self.noValkey),
        DormantKey("valkey_db", aliases: ["valkey.db"], Self.noValkey),
        DormantKey("valkey_pool_size", aliases: ["valkey.pool_size"], Self.noValkey),
        DormantKey("device_code_ttl_seconds", Self.noDeviceFlow),
        DormantKey("device_code_poll_interval", Self.noDeviceFlow),
        DormantKey("oidc", isGroup: true, "this version has no OpenID Connect sign-in"),
        DormantKey("rate_limit_storage_uri", "rates are counted by this process"),
    ]
}
