/// `config.example.yaml`: every key at its default, with what it does. Made from the table, so that it can't fall behind.
public enum ConfigurationExample {
    /// The file's whole text.
    public static func render() -> String {
        let defaults = RelayConfiguration()
        var text = self.head
        var group = ""
        for key in ConfigurationKey.all {
            if key.group != group {
                text += "\n# ---- \(key.group) ----\n"
                group = key.group
            }
            text += self.entry(key, defaults)
        }
        return text + KeyFamily.all.map { self.family($0) }.joined()
    }

    /// Keys below a name of the operator's choice are comments, since there is no name yet.
    private static func family(_ family: KeyFamily) -> String {
        let text = "\n# ---- \(family.group).<name> ----\n"
        return family.sample.reduce(into: text) { text, key in
            let expected = key.expected.prefix(1).uppercased() + key.expected.dropFirst()
            text += "\n# \(key.summary)\n# \(expected).\n# \(YAMLText.line(key.name, key.read(RelayConfiguration())))\n"
        }
    }

    private static func entry(_ key: ConfigurationKey, _ defaults: RelayConfiguration) -> String {
        let expected = key.expected.prefix(1).uppercased() + key.expected.dropFirst()
        return """

            # \(key.summary)
            # \(expected). In its group: \(key.spellings[1]).
            \(YAMLText.line(key.name, key.read(defaults)))

            """
    }

    private static let head = """
        # Pulsar Relay: every key with its default.
        #
        # Read from the file named by --config or PULSAR_CONFIG, else from the first of ./config.toml, ./config.yaml,
        # ./config.yml, /etc/pulsar-relay/config.toml and /etc/pulsar-relay/config.yaml.
        # A flag overrides the environment (PULSAR_ and the key in upper case: PULSAR_PORT), that overrides .env in the
        # working directory, and that overrides this file. Lists in the environment are JSON arrays, or items with commas
        # between them. A key may also be written in its group: server.port is port below server. A key without a value,
        # or with an empty text, is not set. Unknown keys are errors. A secret may stand in a file of its own: the key with
        # _file behind it names that, as jwt_secret_key_file does.
        # A time is a number of the unit that its key names, or like \(DurationText.examples).
        # A size is \(ByteSize.forms).

        """
}
