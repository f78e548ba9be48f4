import Configuration
import TOMLKit
import Yams

extension SourceReading {
    /// A configuration file; what it is written in follows from the end of its name.
    static func file(_ text: String, path: String) -> SourceReading {
        switch path.split(separator: ".").last?.lowercased() {
        case "toml":
            self.toml(text, path: path)
        case "yaml", "yml", "json":
            self.yaml(text, path: path)
        default:
            SourceReading(problems: [
                ConfigurationProblem(key: nil, "a configuration file ends in .toml, .yaml, .yml or .json", place: path)
            ])
        }
    }

    private mutating func add(_ spelling: String, _ content: ConfigContent?, place: String) {
        self.entries.append(SourceEntry(spelling: spelling.lowercased(), content: content, place: place))
    }

    private mutating func refuse(_ spelling: String, _ message: String, place: String) {
        self.problems.append(ConfigurationProblem(key: spelling, message, place: place))
    }

    private static func unparsable(_ message: String, path: String) -> SourceReading {
        SourceReading(problems: [ConfigurationProblem(key: nil, message, place: path)])
    }
}

// MARK: - YAML

extension SourceReading {
    private static func yaml(_ text: String, path: String) -> SourceReading {
        let root: Yams.Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            return self.unparsable(error.messageWithoutText, path: path)
        } catch {
            return self.unparsable("this is not YAML", path: path)
        }
        var reading = SourceReading()
        guard let root, root.null == nil else { return reading }
        guard case .mapping(let mapping) = root else {
            return self.unparsable("the file holds no keys", path: path)
        }
        reading.add(mapping, below: "", path: path)
        return reading
    }

    private mutating func add(_ mapping: Yams.Node.Mapping, below parent: String, path: String) {
        for (key, value) in mapping {
            let spelling = parent + (key.string ?? "?")
            let place = [path, key.mark.map { "line \($0.line)" }].compactMap(\.self).joined(separator: " ")
            switch value {
            case .mapping(let mapping):
                self.add(mapping, below: spelling + ".", path: path)
            case .sequence(let sequence):
                let texts = sequence.compactMap(\.scalar?.string)
                guard texts.count == sequence.count else {
                    self.refuse(spelling, "only texts can be in this list", place: place)
                    continue
                }
                self.add(spelling, .stringArray(texts), place: place)
            case .scalar(let scalar):
                self.add(spelling, value.null == nil ? .string(scalar.string) : nil, place: place)
            case .alias:
                self.refuse(spelling, "aliases are not read here", place: place)
            }
        }
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

// MARK: - TOML

extension SourceReading {
    private static func toml(_ text: String, path: String) -> SourceReading {
        var reading = SourceReading()
        do {
            reading.add(try TOMLTable(string: text), below: "", path: path)
        } catch let error as TOMLParseError {
            return self.unparsable("this is not TOML, \(error.source.begin.debugDescription)", path: path)
        } catch {
            return self.unparsable("this is not TOML", path: path)
        }
        return reading
    }

    private mutating func add(_ table: TOMLTable, below parent: String, path: String) {
        for (key, value) in table {
            let spelling = parent + key
            if let table = value.table {
                self.add(table, below: spelling + ".", path: path)
            } else if let array = value.array {
                let texts = array.compactMap(\.tomlText)
                guard texts.count == array.count else {
                    self.refuse(spelling, "only texts can be in this list", place: path)
                    continue
                }
                self.add(spelling, .stringArray(texts), place: path)
            } else if let text = value.tomlText {
                self.add(spelling, .string(text), place: path)
            } else {
                self.refuse(spelling, "no key takes a date or a time", place: path)
            }
        }
    }
}

extension TOMLValueConvertible {
    /// A plain value as one would write it on a command line; nil for tables, arrays, dates and times.
    fileprivate var tomlText: String? {
        switch self.type {
        case .string: self.string
        case .int: self.int.map(String.init)
        case .double: self.double.map { "\($0)" }
        case .bool: self.bool.map(String.init)
        case .table, .array, .date, .time, .dateTime: nil
        }
    }
}
