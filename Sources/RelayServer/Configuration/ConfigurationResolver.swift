import Configuration

/// Asks the layers for each key, strongest first, and puts the values into the configuration.
struct ConfigurationResolver {
    let layers: [ConfigurationLayer]
    private(set) var origins: [String: ValueOrigin] = [:]
    private(set) var problems: [ConfigurationProblem] = []

    init(layers: [ConfigurationLayer]) {
        self.layers = layers
    }

    /// A key whose value is refused keeps its default, and is among the problems.
    mutating func resolve() -> RelayConfiguration {
        var configuration = RelayConfiguration()
        for key in ConfigurationKey.all {
            self.resolve(key, into: &configuration)
        }
        return configuration
    }

    private mutating func resolve(_ key: ConfigurationKey, into configuration: inout RelayConfiguration) {
        let name = AbsoluteConfigKey([key.name])
        for layer in self.layers {
            // The layer holds this key in the key's own type or not at all, so that asking for it can't fail.
            guard let content = (try? layer.provider.value(forKey: name, type: key.type))?.value?.content else {
                continue
            }
            let place = layer.places[key.name] ?? layer.source.rawValue
            do throws(ValueRejection) {
                try key.write(content, &configuration)
                self.origins[key.name] = ValueOrigin(source: layer.source, place: place)
            } catch {
                self.problems.append(Self.problem(key, content, error, place: place))
            }
            return
        }
    }

    private static func problem(
        _ key: ConfigurationKey,
        _ content: ConfigContent,
        _ rejection: ValueRejection,
        place: String
    ) -> ConfigurationProblem {
        let value = key.isSecret ? Secret.mask : content.forPeople
        let reason = rejection.reason.map { ": \($0)" } ?? ""
        return ConfigurationProblem(
            key: key.name,
            "\(value) is refused, it must be \(key.requirement)\(reason)",
            place: place
        )
    }
}

extension ConfigContent {
    /// At most 80 characters, control characters escaped.
    fileprivate var forPeople: String {
        switch self {
        case .string(let text): String(text.prefix(80)).debugDescription
        case .stringArray(let texts): String(texts.description.prefix(80))
        default: "the value"
        }
    }
}
