/// Sorts what the sources gave to the keys, and puts the strongest value of each into the configuration.
struct ConfigurationResolution {
    private let index = KeyIndex.shared
    private var chosen: [String: (source: ValueSource, entry: SourceEntry, value: ConfigurationValue)] = [:]
    private var origins: [String: ValueOrigin] = [:]
    private var problems: [ConfigurationProblem] = []
    private var withoutEffect: [(reason: String, entries: [SourceEntry])] = []

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
        for key in ConfigurationKey.all {
            self.resolve(key, into: &configuration)
        }
        self.problems += self.withoutEffect.map(Self.warning)
        self.problems += ConfigurationRules.check(configuration, given: Set(self.origins.keys))
        let errors = self.problems.filter { $0.severity == .error }
        guard errors.isEmpty else { throw ConfigurationFailure(problems: errors) }
        return EffectiveConfiguration(
            configuration: configuration,
            file: file,
            origins: self.origins,
            warnings: self.problems
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
            self.choose(entry, for: key, of: source)
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

    private mutating func choose(_ entry: SourceEntry, for key: ConfigurationKey, of source: ValueSource) {
        guard let value = entry.value else { return }
        guard let earlier = self.chosen[key.name] else {
            self.chosen[key.name] = (source, entry, value)
            return
        }
        guard earlier.source == source, earlier.value != value else { return }
        self.refuse(entry, "set before with another value (\(earlier.entry.place))")
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
