import Foundation
import RelayClient

/// `credentials.json`: a ``LoginBook`` that only its owner can read (mode 0600).
public struct CredentialsFile: Sendable {
    public let path: String

    public init(path: String) {
        self.path = path
    }

    /// In `$XDG_CONFIG_HOME/pulsar-relay`, or `~/.config/pulsar-relay` where that isn't set to an absolute path.
    public init(environment: [String: String], home: String) {
        let configured = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        self.path = (configured ?? home + "/.config") + "/pulsar-relay/credentials.json"
    }

    /// Whether logins can be kept: not in a container whose files can't be written, say.
    public var canBeWritten: Bool {
        (try? self.makeFolder()) != nil
            && FileManager.default.isWritableFile(atPath: (self.path as NSString).deletingLastPathComponent)
    }

    /// Empty where there is no file yet.
    public func read() throws -> LoginBook {
        guard let bytes = try AtomicFile.read(self.path) else { return LoginBook() }
        do {
            return try LoginBook(json: .init(parsing: bytes))
        } catch {
            throw FileError("'\(self.path)' can't be used: \(error)")
        }
    }

    /// Makes the folder, for its owner only, where it doesn't exist.
    func write(_ book: LoginBook) throws {
        try self.makeFolder()
        try AtomicFile.write(book.json.text + "\n", to: self.path, mode: 0o600)
    }

    /// Runs `body` while no other process does. Waits up to 60 s for one that is at it.
    func exclusively<Value>(_ body: () async throws -> Value) async throws -> Value {
        try self.makeFolder()
        let lock = try await self.lock()
        defer { try? lock.close() }
        return try await body()
    }

    private func lock() async throws -> FileHandle {
        for _ in 0..<600 {
            if let lock = try AtomicFile.lock(self.path + ".lock") { return lock }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw FileError("'\(self.path).lock' is held by another process")
    }

    private func makeFolder() throws {
        let folder = (self.path as NSString).deletingLastPathComponent
        try FileManager.default.createDirectory(
            atPath: folder,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
    }
}
