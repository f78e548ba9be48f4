import Foundation

/// Reads the configuration from all its sources: flags, then environment, then `.env`, then one file, then what other systems would have
/// read, then defaults. Where the file is the Pulse engine's, the engine's variables come before it.
///
/// Pure but for ``readFile``: it sees only the flags and variables that it is given.
public struct ConfigurationLoader: Sendable {
    /// Tried in this order when no file is named.
    public static let standardPaths = Self.ownPaths + EngineFile.standardPaths

    private static let ownPaths = [
        "./config.toml", "./config.yaml", "./config.yml", "/etc/pulsar-relay/config.toml",
        "/etc/pulsar-relay/config.yaml",
    ]

    private let flags: [String: String]
    private let environment: [String: String]
    private let names: EnvironmentNames
    private let readFile: @Sendable (String) throws -> String?

    /// - Parameters:
    ///   - flags: keys (flat or with dots) to texts; `config_file` names the file.
    ///   - environment: all variables of the process; those without `PULSAR_` are ignored.
    ///   - foreignNames: further `PULSAR_…` variables, in upper case, that other programs read.
    ///   - readFile: gives the text of a file, nil where there is none at the path; throws where it can't be read.
    public init(
        flags: [String: String],
        environment: [String: String],
        foreignNames: Set<String> = [],
        readFile: @escaping @Sendable (String) throws -> String?
    ) {
        self.flags = flags
        self.environment = environment
        var names = EnvironmentNames()
        names.others.formUnion(foreignNames)
        self.names = names
        self.readFile = readFile
    }

    /// - Throws: everything that is wrong, at once.
    public func load() throws(ConfigurationFailure) -> EffectiveConfiguration {
        var readings: [(source: ValueSource, reading: SourceReading)] = [
            (.flag, .flags(self.flags)),
            (.environment, .environment(self.environment, names: self.names)),
            (.dotEnvironment, self.readDotEnvironment()),
        ]
        let named = readings.indices.compactMap { readings[$0].reading.takeConfigFile() }.first
        let (path, file) = self.readConfigurationFile(named: named)
        if let path, let engine = EngineFile(file, path: path) {
            readings.append((.foreign, .foreign(self.environment) { $0.isOfEngine }))
            readings.append((.file, engine.read()))
            readings.append((.foreign, .foreign(self.environment) { !$0.isOfEngine }))
        } else {
            readings.append((.file, file))
            readings.append((.foreign, .foreign(self.environment)))
        }
        var resolution = ConfigurationResolution(readFile: self.readFile)
        for (source, reading) in readings {
            resolution.add(source, reading)
        }
        return try resolution.resolve(file: path)
    }

    private func readDotEnvironment() -> SourceReading {
        do {
            guard let text = try self.readFile(".env") else { return SourceReading() }
            return .dotEnvironment(text, names: self.names)
        } catch {
            return Self.unreadable(".env")
        }
    }

    private func readConfigurationFile(named: SourceEntry?) -> (path: String?, reading: SourceReading) {
        guard case .text(let path) = named?.value else {
            for path in Self.standardPaths + self.pathsAtHome {
                if let reading = self.read(path) { return (path, reading) }
            }
            return (nil, SourceReading())
        }
        if let reading = self.read(path) { return (path, reading) }
        let problem = ConfigurationProblem(
            key: named?.spelling ?? EnvironmentNames.configFile[0],
            "there is no file \(path)",
            place: named?.place
        )
        return (path, SourceReading(problems: [problem]))
    }

    /// Tried last. None where the environment names no home.
    private var pathsAtHome: [String] { self.environment["HOME"].map { [EngineFile.path(inHome: $0)] } ?? [] }

    private func read(_ path: String) -> SourceReading? {
        do {
            return try self.readFile(path).map { .file($0, path: path) }
        } catch {
            return Self.unreadable(path)
        }
    }

    private static func unreadable(_ path: String) -> SourceReading {
        SourceReading(problems: [ConfigurationProblem(key: nil, "the file can't be read", place: path)])
    }

    /// The `readFile` of a real process. Relative paths are below the working directory.
    ///
    /// - Returns: nil where there is no such file.
    /// - Throws: where it is no file, may not be read, or is not UTF-8.
    @Sendable public static func readFromDisk(_ path: String) throws -> String? {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch let error as CocoaError where error.code == .fileReadNoSuchFile || error.code == .fileNoSuchFile {
            return nil
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CocoaError(.fileReadInapplicableStringEncoding)
        }
        return text
    }
}

extension SourceReading {
    /// Takes out the entry that names the configuration file: it is about the configuration, not in it.
    fileprivate mutating func takeConfigFile() -> SourceEntry? {
        let named = self.entries.filter { EnvironmentNames.configFile.contains($0.spelling) && $0.value != nil }
        self.entries.removeAll { EnvironmentNames.configFile.contains($0.spelling) }
        guard let first = named.first else { return nil }
        for other in named.dropFirst() where other.value != first.value {
            let message = "names another file than \(first.spelling) (\(first.place)): leave one out"
            self.problems.append(ConfigurationProblem(key: other.spelling, message, place: other.place))
        }
        return first
    }
}
