import Configuration

/// One thing that the relay can be told: its names, what it takes, and where it goes in ``RelayConfiguration``.
///
/// ``all`` is the one table from which reading, the check for unknown keys, `config check` and the example are made.
public struct ConfigurationKey: Sendable {
    /// The flat name: `ws_idle_seconds`. In the environment `PULSAR_WS_IDLE_SECONDS`.
    public let name: String
    /// The name inside its group: `websocket.idle_seconds`. The same as ``name`` for a key of no group.
    public let path: String
    /// Further spellings that are read, flat or with dots.
    public let aliases: [String]
    /// What it does, its unit, and what zero means: one sentence.
    public let summary: String
    /// What is accepted, as the end of "it must be …".
    public let expected: String
    /// How that may be written, where there is more than one way.
    public let forms: String?
    /// Whether the value is never shown.
    public let isSecret: Bool

    let type: ConfigType
    let read: @Sendable (RelayConfiguration) -> ConfigContent?
    let write: @Sendable (ConfigContent, inout RelayConfiguration) throws(ValueRejection) -> Void

    init<Value>(
        _ name: String,
        _ path: String,
        aliases: [String] = [],
        _ property: any WritableKeyPath<RelayConfiguration, Value> & Sendable,
        _ codec: ValueCodec<Value>,
        isSecret: Bool = false,
        _ summary: String
    ) {
        self.name = name
        self.path = path
        self.aliases = aliases
        self.summary = summary
        self.expected = codec.expected
        self.forms = codec.forms
        self.isSecret = isSecret
        self.type = codec.type
        self.read = { codec.encode($0[keyPath: property]) }
        self.write = { content, configuration throws(ValueRejection) in
            configuration[keyPath: property] = try codec.decode(content)
        }
    }

    /// What is accepted and how it is written.
    var requirement: String {
        self.expected + (self.forms.map { ", written as \($0)" } ?? "")
    }

    /// All spellings, the flat name first.
    var spellings: [String] {
        [self.name] + (self.path == self.name ? [] : [self.path]) + self.aliases
    }

    /// The group in which files may nest it: `websocket`; nil for a key of no group.
    var group: String? {
        self.path.contains(".") ? self.path.split(separator: ".").first.map(String.init) : nil
    }
}
