/// Sorts what the sources gave to the keys, and puts the strongest value of each into the configuration.
struct ConfigurationResolution {
    private let index = KeyIndex.shared
    private let readFile: @Sendable (String) throws -> String?
    private var chosen: [String: (source: ValueSource, entry: SourceEntry, value: ConfigurationValue)] = [:]
    /// Those keys of families that a source has named.
    private var members: [String: ConfigurationKey] = [:]
    private var origins: [String: ValueOrigin] = [:]
    /// Of weaker sources than that which has set the key.
    private var overridden: [String: [ValueOrigin]] = [:]
    private var problems: [ConfigurationProblem] = []
    /// What variables of other systems say.
    private var foreign: [(key: String, entry: SourceEntry)] = []
    private var withoutEffect: [(reason: String, entries: [SourceEntry])] = []

    /// - Parameter readFile: gives the text of a file that holds a secret, nil where there is none.
    init(readFile: @escaping @Sendable (String) throws -> String?) {
        self.readFile = readFile
    }

    /// Takes in a source; the strongest comes first.
    mutating func add(_ source: ValueSource, _ reading: SourceReading) {
        self.problems += reading.problems
        for entry in reading.entries {
            self.add(entry, of: source)
        }
    }

    /// A key whose value is refused keeps its default, and is among the problems.
    ///
    /// - Throws: everything that is wrong, at once.
    mutating func resolve(file: String?) throws(ConfigurationFailure) -> EffectiveConfiguration {
        var configuration = RelayConfiguration()
        for key in ConfigurationKey.all + self.members.values.sorted(by: { $0.name < $1.name }) {
            self.resolve(key, into: &configuration)
        }
        self.makeRoomForPulse(in: &configuration)
        self.problems += self.withoutEffect.map(Self.warning)
        self.problems += self.foreign.map(self.line)
        self.problems += ConfigurationRules.check(configuration, given: Set(self.origins.keys))
        let errors = self.problems.filter { $0.severity == .error }
        guard errors.isEmpty else { throw ConfigurationFailure(problems: errors) }
        return EffectiveConfiguration(
            configuration: configuration,
            file: file,
            origins: self.origins,
            overridden: self.overridden,
            warnings: self.problems
        )
    }

    /// The Pulse engine's usual port is the relay's too. Where only that of Pulse is set, the relay's own gives way.
    private mutating func makeRoomForPulse(in configuration: inout RelayConfiguration) {
        guard let port = configuration.pulse.port, port == configuration.server.port, self.origins["port"] == nil
        else { return }
        configuration.server.port = port + 1
        self.origins["port"] = self.origins["pulse_port"]
        self.problems.append(
            ConfigurationProblem(.warning, key: "port", "is \(port + 1), since pulse_port is \(port): set it")
        )
    }

    private mutating func resolve(_ key: ConfigurationKey, into configuration: inout RelayConfiguration) {
        guard let chosen = self.chosen[key.name] else { return }
        do throws(ValueRejection) {
            try key.write(chosen.value, &configuration)
            self.origins[key.name] = ValueOrigin(source: chosen.source, place: chosen.entry.place)
        } catch {
            let value = key.isSecret ? Secret.mask : chosen.value.forPeople
            let reason = error.reason.map { ": \($0)" } ?? ""
            let message = "\(value) is refused, it must be \(key.requirement)\(reason)"
            self.problems.append(ConfigurationProblem(key: key.name, message, place: chosen.entry.place))
        }
    }

    // MARK: - Which key an entry means

    private mutating func add(_ entry: SourceEntry, of source: ValueSource) {
        switch self.index.match(entry.spelling) {
        case .key(let key):
            if source == .flag, key.isSecret { self.problems.append(Self.exposure(of: key, entry)) }
            if source == .foreign { self.foreign.append((key.name, entry)) }
            self.choose(entry, for: key, of: source)
        case .joined(let joined):
            self.takeApart(entry, joined, of: source)
        case .file(let key):
            self.readSecret(entry, for: key, of: source)
        case .dormant(let reason) where entry.value != nil:
            self.leaveOut(entry, reason)
        case .group where entry.value != nil:
            self.refuse(entry, "is a group of keys and has no value of its own")
        case .dormant, .group:
            break
        case .unknown(let nearest):
            self.refuse(entry, "no such key" + (nearest.map { "; did you mean \($0)?" } ?? ""))
        }
    }

    /// One line about a variable of another system.
    private func line(_ key: String, _ entry: SourceEntry) -> ConfigurationProblem {
        let name = String(entry.place.dropFirst("environment ".count))
        let isTaken = self.origins[key]?.place == entry.place
        let own = EnvironmentNames.prefix + key.uppercased()
        return ConfigurationProblem(
            .warning,
            key: name,
            isTaken
                ? "is taken for \(key), since nothing else sets it: set \(own), which is the relay's alone"
                : "has no effect: \(key) is set otherwise"
        )
    }

    /// A warning: a secret stands on the command line.
    private static func exposure(of key: ConfigurationKey, _ entry: SourceEntry) -> ConfigurationProblem {
        ConfigurationProblem(
            .warning,
            key: entry.spelling,
            "every user of this machine can see it: set \(key.name)_file to the path of a file that holds it",
            place: entry.place
        )
    }

    /// `jwt_secret_key_file` is another way to write `jwt_secret_key`.
    private mutating func readSecret(_ entry: SourceEntry, for key: ConfigurationKey, of source: ValueSource) {
        guard let value = entry.value else { return }
        do throws(ConfigurationProblem) {
            let (path, secret) = try entry.secret(in: value, self.readFile)
            let place = "\(entry.place): \(path)"
            self.choose(SourceEntry(spelling: key.name, value: .text(secret), place: place), for: key, of: source)
        } catch {
            self.problems.append(error)
        }
    }

    private mutating func takeApart(_ entry: SourceEntry, _ joined: JoinedKey, of source: ValueSource) {
        guard let value = entry.value else { return }
        guard case .text(let text) = value, let parts = joined.parts(text) else {
            return self.refuse(entry, "\(value.forPeople) is refused, it must be \(joined.expected)")
        }
        for part in parts {
            guard case .key(let key) = self.index.match(part.key) else { continue }
            let part = SourceEntry(spelling: entry.spelling, value: .text(part.text), place: entry.place)
            self.choose(part, for: key, of: source)
        }
    }

    private mutating func choose(_ entry: SourceEntry, for key: ConfigurationKey, of source: ValueSource) {
        guard let value = entry.value else { return }
        if key.spellings.count == 1 { self.members[key.name] = key }
        guard let earlier = self.chosen[key.name] else {
            self.chosen[key.name] = (source, entry, value)
            return
        }
        // Other systems' variables may mean one thing, each for another program.
        guard earlier.source == source, source != .foreign else {
            return self.overridden[key.name, default: []].append(ValueOrigin(source: source, place: entry.place))
        }
        guard earlier.value != value else { return }
        self.refuse(entry, Self.contradiction(entry, key, earlier.entry))
    }

    private static func contradiction(
        _ entry: SourceEntry,
        _ key: ConfigurationKey,
        _ earlier: SourceEntry
    ) -> String {
        let whole = [entry, earlier].contains { $0.spelling != key.name && !key.spellings.contains($0.spelling) }
        return whole
            ? "sets \(key.name) as well, to another value than \(earlier.spelling) (\(earlier.place)): leave one out"
            : "set before with another value (\(earlier.place))"
    }

    private mutating func refuse(_ entry: SourceEntry, _ message: String) {
        self.problems.append(ConfigurationProblem(key: entry.spelling, message, place: entry.place))
    }

    private mutating func leaveOut(_ entry: SourceEntry, _ reason: String) {
        guard let place = self.withoutEffect.firstIndex(where: { $0.reason == reason }) else {
            self.withoutEffect.append((reason, [entry]))
            return
        }
        self.withoutEffect[place].entries.append(entry)
    }

    /// One warning for all that has no effect for the same reason.
    private static func warning(_ reason: String, _ entries: [SourceEntry]) -> ConfigurationProblem {
        let places = entries.map(\.place)
        return ConfigurationProblem(
            .warning,
            key: entries.map(\.spelling).joined(separator: ", "),
            "\(entries.count == 1 ? "has" : "have") no effect: \(reason)",
            place: places.first == places.last ? places.first : places.joined(separator: ", ")
        )
    }
}
