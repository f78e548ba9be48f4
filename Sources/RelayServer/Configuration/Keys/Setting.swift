/// One key of the configuration: a property with this wrapper is the only place that names it.
///
/// The declaration holds the key's flat name, its other spellings, what it takes, what it does, and its default. A key that
/// rules a part with a default of its own names that one, so that a default stands in one place. The wrapped property must
/// also be listed in the `keys` of its group.
@propertyWrapper
public struct Setting<Value: Hashable & Sendable>: Sendable {
    public var wrappedValue: Value
    let declaration: Declaration

    public var projectedValue: Setting {
        get { self }
        set { self = newValue }
    }

    /// - Parameters:
    ///   - name: the flat name: `ws_idle_seconds`, in the environment `PULSAR_WS_IDLE_SECONDS`.
    ///   - aliases: further spellings that are read, flat or with dots. The name in its group follows from the name.
    ///   - format: what it takes.
    ///   - summary: what it does, its unit, and what zero means: one sentence or two, for the example.
    ///   - reloads: whether it changes while the relay runs, when the configuration is read again: then the part that it rules is handed the
    ///     new value, see ``LiveConfiguration``. The others wait for a restart.
    init(
        wrappedValue: Value,
        _ name: String,
        aliases: [String] = [],
        _ format: ValueFormat<Value>,
        _ summary: String,
        reloads: Bool = false
    ) {
        self.wrappedValue = wrappedValue
        self.declaration = Declaration(
            name: name,
            aliases: aliases,
            format: format,
            summary: summary,
            reloads: reloads
        )
    }

    /// What is the same for every value of a key.
    final class Declaration: Sendable {
        let name: String
        let aliases: [String]
        let format: ValueFormat<Value>
        let summary: String
        let reloads: Bool

        init(name: String, aliases: [String], format: ValueFormat<Value>, summary: String, reloads: Bool) {
            self.name = name
            self.aliases = aliases
            self.format = format
            self.summary = summary
            self.reloads = reloads
        }
    }
}

extension Setting: Hashable {
    public static func == (first: Setting, second: Setting) -> Bool { first.wrappedValue == second.wrappedValue }

    public func hash(into hasher: inout Hasher) { hasher.combine(self.wrappedValue) }
}
