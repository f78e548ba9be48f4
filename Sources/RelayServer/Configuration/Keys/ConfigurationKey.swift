/// One thing that the relay can be told: its names, what it takes, and where it goes in ``RelayConfiguration``.
///
/// It is made from a property's ``Setting``. ``all`` is the table from which reading, the check for unknown keys, `config check` and
/// the example are made.
public struct ConfigurationKey: Sendable {
    /// Every key that has an effect, in the order in which they are listed to people.
    public static let all: [ConfigurationKey] =
        RelayConfiguration.Server.keys + RelayConfiguration.TLS.keys + RelayConfiguration.Storage.keys
        + RelayConfiguration.Valkey.keys
        + RelayConfiguration.HotTier.keys + RelayConfiguration.Memory.keys + RelayConfiguration.Quotas.keys
        + RelayConfiguration.Access.keys + RelayConfiguration.SignIn.keys
        + RelayConfiguration.RateLimits.keys
        + RelayConfiguration.Sessions.keys + RelayConfiguration.Signaling.keys
        + RelayConfiguration.Tunnels.keys + RelayConfiguration.Documents.keys
        + RelayConfiguration.Webhooks.keys
        + RelayConfiguration.Presence.keys
        + RelayConfiguration.WebSocket.keys + RelayConfiguration.Pulse.keys + RelayConfiguration.Poll.keys
        + RelayConfiguration.PeerPort.keys + RelayConfiguration.TURN.keys + RelayConfiguration.QUIC.keys
        + RelayConfiguration.Logging.keys
        + RelayConfiguration.Metrics.keys + RelayConfiguration.Telemetry.keys + RelayConfiguration.Audit.keys

    /// Every key that a configuration has: ``all``, and of each ``KeyFamily`` those below the names that it has there.
    public static func all(in configuration: RelayConfiguration) -> [ConfigurationKey] {
        self.all + KeyFamily.all.flatMap { $0.keys(in: configuration) }
    }

    /// The flat name: `ws_idle_seconds`. In the environment `PULSAR_WS_IDLE_SECONDS`.
    public let name: String
    /// The group in which files may nest it: `websocket`.
    public let group: String
    /// All spellings: the flat name, the name inside its group (`websocket.idle_seconds`), further ones.
    public let spellings: [String]
    /// What it does, its unit, and what zero means: one sentence.
    public let summary: String
    /// What is accepted, as the end of "it must be …".
    public let expected: String
    /// How that may be written, where there is more than one way.
    public let forms: String?
    /// Whether the value is never shown.
    public let isSecret: Bool
    /// Whether it changes while the relay runs.
    public let reloads: Bool
    /// Whether its value is a number or yes or no, and so no text in JSON.
    let isPlain: Bool

    let read: @Sendable (RelayConfiguration) -> ConfigurationValue?
    let write: @Sendable (ConfigurationValue, inout RelayConfiguration) throws(ValueRejection) -> Void
    /// Whether two configurations have the same value of it.
    let isSame: @Sendable (RelayConfiguration, RelayConfiguration) -> Bool
    /// Takes its value over from another configuration.
    let copy: @Sendable (RelayConfiguration, inout RelayConfiguration) -> Void

    /// The keys of a group.
    ///
    /// - Parameters:
    ///   - group: what the group is called in files.
    ///   - prefixes: what a flat name begins with and the name inside the group does not: `ws_`.
    ///   - place: where the group is in the configuration.
    ///   - settings: every setting of the group, in the order in which they are listed to people.
    static func keys<Group: Sendable, each Value>(
        _ group: String,
        prefixes: [String] = [],
        at place: any WritableKeyPath<RelayConfiguration, Group> & Sendable,
        _ settings: repeat any WritableKeyPath<Group, Setting<each Value>> & Sendable
    ) -> [ConfigurationKey] {
        let defaults = RelayConfiguration()[keyPath: place]
        var keys: [ConfigurationKey] = []
        for setting in repeat each settings {
            keys.append(
                ConfigurationKey(defaults[keyPath: setting].declaration, group, prefixes) {
                    $0[keyPath: place][keyPath: setting].wrappedValue
                } write: {
                    $1[keyPath: place][keyPath: setting].wrappedValue = $0
                }
            )
        }
        return keys
    }

    /// A key of a ``KeyFamily``.
    ///
    /// - Parameter group: the family and the name: `oidc.providers.keycloak`.
    init<Value: Equatable>(
        member declaration: Setting<Value>.Declaration,
        of group: String,
        read: @escaping @Sendable (RelayConfiguration) -> Value,
        write: @escaping @Sendable (Value, inout RelayConfiguration) -> Void
    ) {
        self.init(declaration, name: "\(group).\(declaration.name)", group, [], reloads: true, read: read, write: write)
    }

    private init<Value: Equatable>(
        _ declaration: Setting<Value>.Declaration,
        name whole: String? = nil,
        _ group: String,
        _ prefixes: [String],
        reloads: Bool? = nil,
        read: @escaping @Sendable (RelayConfiguration) -> Value,
        write: @escaping @Sendable (Value, inout RelayConfiguration) -> Void
    ) {
        let name = whole ?? declaration.name
        let prefix = prefixes.first { name.hasPrefix($0) } ?? ""
        let format = declaration.format
        self.name = name
        self.group = group
        // A member of a family is written in full.
        self.spellings = whole.map { [$0] } ?? [name, "\(group).\(name.dropFirst(prefix.count))"] + declaration.aliases
        self.summary = declaration.summary
        self.expected = format.expected
        self.forms = format.forms
        self.isSecret = format.isSecret
        self.reloads = reloads ?? declaration.reloads
        self.isPlain = [ObjectIdentifier(Bool.self), ObjectIdentifier(Int.self), ObjectIdentifier(Int?.self)]
            .contains(ObjectIdentifier(Value.self))
        self.read = { format.show(read($0)) }
        self.write = { value, configuration throws(ValueRejection) in
            write(try format.read(value), &configuration)
        }
        self.isSame = { read($0) == read($1) }
        self.copy = { write(read($0), &$1) }
    }

    /// What is accepted and how it is written.
    var requirement: String {
        self.expected + (self.forms.map { ", written as \($0)" } ?? "")
    }
}
