extension SourceReading {
    /// Command line flags: flat or nested key to text.
    static func flags(_ flags: [String: String]) -> SourceReading {
        SourceReading(
            entries: flags.sorted { $0.key < $1.key }.map { key, text in
                SourceEntry(spelling: key.lowercased(), value: .text(text), place: "flag \(key)")
            }
        )
    }

    /// Variables of the process.
    static func environment(_ variables: [String: String], names: EnvironmentNames) -> SourceReading {
        SourceReading(
            entries: variables.sorted { $0.key < $1.key }.compactMap { name, text in
                names.entry(name, text, place: "environment \(name)")
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
            case .unreadable(let start) where start.uppercased().hasPrefix(EnvironmentNames.prefix):
                reading.problems.append(ConfigurationProblem(key: nil, "this line is not NAME=value", place: place))
            case .unreadable:
                continue
            case .variable(let name, let value):
                reading.entries += [names.entry(name, value, place: place)].compactMap(\.self)
            }
        }
        return reading
    }
}

extension EnvironmentNames {
    fileprivate func entry(_ name: String, _ text: String, place: String) -> SourceEntry? {
        self.spelling(of: name, value: text).map {
            SourceEntry(spelling: $0, value: ConfigurationValue(nonempty: text), place: place)
        }
    }
}
