import Configuration
import Foundation

/// The values of one source under the flat names of their keys, ready to be asked as a provider.
struct ConfigurationLayer: Sendable {
    let source: ValueSource
    let provider: InMemoryProvider
    /// Flat name to the place that set it.
    let places: [String: String]
    let problems: [ConfigurationProblem]

    init(_ source: ValueSource, _ reading: SourceReading, index: KeyIndex = .shared) {
        var builder = ConfigurationLayerBuilder(index: index, problems: reading.problems)
        for entry in reading.entries {
            builder.add(entry)
        }
        self.source = source
        self.provider = InMemoryProvider(name: source.rawValue, values: builder.values)
        self.places = builder.places
        self.problems = builder.problems
    }
}

/// Sorts entries to their keys: names what is unknown, has no effect, or is set twice.
private struct ConfigurationLayerBuilder {
    let index: KeyIndex
    var problems: [ConfigurationProblem]
    var values: [AbsoluteConfigKey: ConfigValue] = [:]
    var places: [String: String] = [:]

    mutating func add(_ entry: SourceEntry) {
        switch self.index.match(entry.spelling) {
        case .key(let key):
            self.add(entry, to: key)
        case .dormant(let key):
            guard entry.content != nil else { return }
            self.note(.warning, entry, "has no effect: \(key.reason)")
        case .group:
            guard entry.content != nil else { return }
            self.note(.error, entry, "is a group of keys and has no value of its own")
        case .unknown(let nearest):
            let hint = nearest.map { "; did you mean \($0)?" } ?? ""
            self.note(.error, entry, "no such key\(hint)")
        }
    }

    private mutating func add(_ entry: SourceEntry, to key: ConfigurationKey) {
        guard let content = entry.content else { return }
        guard let content = Self.convert(content, to: key.type) else {
            self.note(.error, entry, "it must be \(key.requirement)")
            return
        }
        let name = AbsoluteConfigKey([key.name])
        if let earlier = self.values[name], earlier.content != content, let place = self.places[key.name] {
            self.note(.error, entry, "set before with another value (\(place))")
            return
        }
        self.values[name] = ConfigValue(content, isSecret: key.isSecret)
        self.places[key.name] = entry.place
    }

    private mutating func note(_ severity: ConfigurationProblem.Severity, _ entry: SourceEntry, _ message: String) {
        self.problems.append(ConfigurationProblem(severity, key: entry.spelling, message, place: entry.place))
    }

    /// A text becomes a list as a JSON array, or else as elements with commas between them.
    private static func convert(_ content: ConfigContent, to type: ConfigType) -> ConfigContent? {
        switch (content, type) {
        case (.string(let text), .stringArray):
            guard text.hasPrefix("[") else {
                let elements = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
                return .stringArray(elements.filter { !$0.isEmpty })
            }
            return (try? JSONDecoder().decode([String].self, from: Data(text.utf8))).map { .stringArray($0) }
        case (.string, .string), (.stringArray, .stringArray):
            return content
        default:
            return nil
        }
    }
}
