import TOMLKit
import Yams

extension SourceReading {
    /// A configuration file. What it is written in follows from the end of its name, or else from its text: JSON is tried before TOML.
    static func file(_ text: String, path: String) -> SourceReading {
        var reading = SourceReading()
        do throws(ConfigurationProblem) {
            switch self.ending(of: path) ?? self.language(of: text) {
            case "toml":
                // Its JSON is YAML, with other lines than the file's.
                try reading.add(
                    self.compose(self.json(toml: text, path: path), path: path),
                    path: path,
                    knowsLines: false
                )
            default:
                try reading.add(self.compose(text, path: path), path: path, knowsLines: true)
            }
        } catch {
            reading.problems.append(error)
        }
        return reading
    }

    /// - Returns: nil where the end of the name tells nothing.
    private static func ending(of path: String) -> String? {
        guard let name = path.split(separator: "/").last, let dot = name.lastIndex(of: ".") else { return nil }
        let ending = name[name.index(after: dot)...].lowercased()
        return ["toml", "yaml", "yml", "json"].contains(ending) ? ending : nil
    }

    /// An object of JSON begins with a brace, and no line of TOML does.
    private static func language(of text: String) -> String {
        text.first { !$0.isWhitespace } == "{" ? "json" : "toml"
    }

    private static func json(toml text: String, path: String) throws(ConfigurationProblem) -> String {
        do {
            return try TOMLTable(string: text).convert(to: .json)
        } catch let error as TOMLParseError {
            let place = error.source.begin.debugDescription
            throw ConfigurationProblem(key: nil, "this is not TOML, \(place)", place: path)
        } catch {
            throw ConfigurationProblem(key: nil, "this is not TOML", place: path)
        }
    }

    private static func compose(_ yaml: String, path: String) throws(ConfigurationProblem) -> Node? {
        do {
            return try Yams.compose(yaml: yaml)
        } catch {
            let message = (error as? YamlError)?.messageWithoutText ?? "this is not YAML"
            throw ConfigurationProblem(key: nil, message, place: path)
        }
    }

    private mutating func add(_ root: Node?, path: String, knowsLines: Bool) throws(ConfigurationProblem) {
        guard let root, root.null == nil else { return }
        guard case .mapping(let mapping) = root else {
            throw ConfigurationProblem(key: nil, "the file holds no keys", place: path)
        }
        self.add(mapping, below: "") { key in
            [path, knowsLines ? key.mark.map { "line \($0.line)" } : nil].compactMap(\.self).joined(separator: " ")
        }
    }

    private mutating func add(_ mapping: Node.Mapping, below parent: String, place: (Node) -> String) {
        for (key, value) in mapping {
            let spelling = parent + (key.string ?? "?").lowercased()
            switch value {
            case .mapping(let mapping):
                if let span = mapping.span {
                    self.entries.append(SourceEntry(spelling: spelling, value: .span(span), place: place(key)))
                } else {
                    self.add(mapping, below: spelling + ".", place: place)
                }
            case .sequence(let sequence):
                let texts = sequence.compactMap(\.scalar?.string)
                guard texts.count == sequence.count else {
                    self.refuse(spelling, "only texts can be in this list", place: place(key))
                    continue
                }
                self.entries.append(SourceEntry(spelling: spelling, value: .list(texts), place: place(key)))
            case .scalar(let scalar):
                let value = value.null == nil ? ConfigurationValue(nonempty: scalar.string) : nil
                self.entries.append(SourceEntry(spelling: spelling, value: value, place: place(key)))
            case .alias:
                self.refuse(spelling, "aliases are not read here", place: place(key))
            }
        }
    }

    private mutating func refuse(_ spelling: String, _ message: String, place: String) {
        self.problems.append(ConfigurationProblem(key: spelling, message, place: place))
    }
}

extension Node.Mapping {
    /// The time that this says in seconds and nanoseconds, if it says one.
    fileprivate var span: Duration? {
        let members = self.compactMap { key, value in
            key.string.flatMap { name in value.scalar.map { (name: name.lowercased(), text: $0.string) } }
        }
        return members.isEmpty || members.count != self.count ? nil : DurationText.span(ofObject: members)
    }
}

extension YamlError {
    /// What is wrong and where, without the line itself, which may hold a secret.
    fileprivate var messageWithoutText: String {
        switch self {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "\(problem), line \(mark.line), column \(mark.column)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            "the same key twice: \(duplicates.sorted().joined(separator: ", ")), line \(context.mark.line)"
        case .reader(let problem, _, _, _):
            problem
        default:
            "this is not YAML"
        }
    }
}
