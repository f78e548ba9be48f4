import Foundation
import RelayAccess
import RelayStorage

/// Where a store is, as a person names it on the command line: the folder of an sqlite database, or the URL of a Valkey.
public struct StoreAddress: Hashable, Sendable, CustomStringConvertible {
    private enum Place: Hashable {
        case directory(String)
        case valkey(host: String, port: Int, database: Int?, prefix: String?, usesTLS: Bool)
    }

    private let place: Place
    private let username: String?
    private let password: String?

    /// - Parameter text: a data directory or the database file in it; or `valkey://[user[:password]@]host[:port][/number][?prefix=text]`, with TLS
    ///   `valkeys://`. `redis` and `rediss` are the same.
    /// - Throws: ``StoreAddressError``.
    public init(_ text: String) throws(StoreAddressError) {
        guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(), text.contains("://")
        else {
            guard !text.isEmpty else { throw StoreAddressError("an empty text names no store") }
            self = StoreAddress(directory: text)
            return
        }
        guard let usesTLS = ["valkey": false, "redis": false, "valkeys": true, "rediss": true][scheme] else {
            throw StoreAddressError("\(scheme):// is no store: give a folder, valkey:// or valkeys://")
        }
        guard let host = parts.host, !host.isEmpty else { throw StoreAddressError("the URL of a Valkey needs a host") }
        self.place = .valkey(
            host: host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host,
            port: parts.port ?? 6379,
            database: try Self.database(parts.path),
            prefix: try Self.prefix(parts.queryItems ?? []),
            usesTLS: usesTLS
        )
        self.username = parts.user.flatMap { $0.isEmpty ? nil : $0 }
        self.password = parts.password
    }

    private init(directory text: String) {
        let end = "/" + SQLiteStore.fileName
        let directory = text.hasSuffix(end) ? String(text.dropLast(end.count)) : text
        self.place = .directory(URL(filePath: directory).standardizedFileURL.path())
        self.username = nil
        self.password = nil
    }

    private static func database(_ path: String) throws(StoreAddressError) -> Int? {
        guard path.count > 1 else { return nil }
        guard let number = Int(path.dropFirst()), (0...65_535).contains(number) else {
            throw StoreAddressError("behind the host comes the number of the database, as in valkey://host/1")
        }
        return number
    }

    private static func prefix(_ items: [URLQueryItem]) throws(StoreAddressError) -> String? {
        guard items.allSatisfy({ $0.name == "prefix" }) else {
            throw StoreAddressError("the URL of a Valkey knows only the parameter 'prefix'")
        }
        guard let prefix = items.first?.value else { return nil }
        guard (1...64).contains(prefix.count), !prefix.contains(where: { "{}".contains($0) }) else {
            throw StoreAddressError("a prefix has 1 to 64 characters, and no braces")
        }
        return prefix
    }

    /// For people, and for comparing: without a password.
    public var description: String {
        switch self.place {
        case .directory(let path): path
        case .valkey(let host, let port, let database, let prefix, let usesTLS):
            "\(usesTLS ? "valkeys" : "valkey")://\(host.contains(":") ? "[\(host)]" : host):\(port)"
                + (database.map { "/\($0)" } ?? "") + (prefix.map { "?prefix=\($0)" } ?? "")
        }
    }

    /// The folder of the database; nil for a Valkey.
    public var directory: String? {
        if case .directory(let path) = self.place { return path }
        return nil
    }

    /// A configuration by which the store is opened.
    ///
    /// - Parameter base: says what the address does not, such as a Valkey's password and its certificate authorities.
    public func configuration(_ base: RelayConfiguration) -> RelayConfiguration {
        var configuration = base
        switch self.place {
        case .directory(let path):
            configuration.storage.backend = .sqlite
            configuration.storage.dataDirectory = path
        case .valkey(let host, let port, let database, let prefix, let usesTLS):
            configuration.storage.backend = .valkey
            configuration.valkey.clusterNodes = []
            configuration.valkey.host = host
            configuration.valkey.port = port
            configuration.valkey.usesTLS = usesTLS
            if let database { configuration.valkey.database = database }
            if let prefix { configuration.valkey.prefix = prefix }
            if let username { configuration.valkey.username = username }
            if let password { configuration.valkey.password = Secret(password) }
        }
        return configuration
    }
}

/// A text that names no store.
public struct StoreAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
