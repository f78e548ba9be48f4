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

    private static let noDeviceFlow = "this version has no device sign-in"

    static let all: [DormantKey] = [
        DormantKey("app_name", "the relay has no other name than Pulsar Relay"),
        DormantKey(
            "valkey_pool_size",
            aliases: ["valkey.pool_size"],
            "there is one connection for each event loop thread, and one for news"
        ),
        DormantKey("device_code_ttl_seconds", Self.noDeviceFlow),
        DormantKey("device_code_poll_interval", Self.noDeviceFlow),
        DormantKey("oidc", isGroup: true, "this version has no OpenID Connect sign-in"),
        DormantKey("rate_limit_storage_uri", "rates are counted in memory, and log-ins in the Valkey that relays share"),
    ]
}
