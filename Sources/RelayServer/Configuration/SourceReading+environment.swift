import Configuration

extension SourceReading {
    /// Command line flags: flat or nested key to text.
    static func flags(_ flags: [String: String]) -> SourceReading {
        SourceReading(
            entries: flags.sorted { $0.key < $1.key }.map { key, text in
                SourceEntry(spelling: key.lowercased(), content: .string(text), place: "flag \(key)")
            }
        )
    }

    /// Variables of the process. An empty one counts as not set: that is what `${NAME:-}` in a compose file leaves.
    static func environment(_ variables: [String: String], names: EnvironmentNames) -> SourceReading {
        SourceReading(
            entries: variables.sorted { $0.key < $1.key }.compactMap { name, text in
                names.spelling(of: name, value: text).map { spelling in
                    let content = text.isEmpty ? nil : ConfigContent.string(text)
                    return SourceEntry(spelling: spelling, content: content, place: "environment \(name)")
                }
            }
        )
    }

    /// A `.env` file. Lines that set no variable of the relay are none of its business, readable or not.
    static func dotEnvironment(_ text: String, names: EnvironmentNames) -> SourceReading {
        var reading = SourceReading()
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let place = ".env line \(index + 1)"
            switch DotEnvironmentLine(line) {
            case .blank:
                continue
            case .unreadable(let start):
                guard start.uppercased().hasPrefix(EnvironmentNames.prefix) else { continue }
                reading.problems.append(ConfigurationProblem(key: nil, "this line is not NAME=value", place: place))
            case .variable(let name, let value):
                guard let spelling = names.spelling(of: name, value: value) else { continue }
                let content = value.isEmpty ? nil : ConfigContent.string(value)
                reading.entries.append(SourceEntry(spelling: spelling, content: content, place: place))
            }
        }
        return reading
    }
}
