// Which of these two modules owns the fields of `stat` depends on what the compiler sees first.
import CoreFoundation
import Foundation
import Glibc
import RelayAccess
import RelayWire

/// A file that holds one random secret, made at the first start and readable by the relay's user only (mode 0600).
///
/// Two relays that start at once on one directory end up with the same secret, and a crash leaves either no file or a
/// whole one.
public struct SecretFile: Sendable {
    public let path: String

    public init(path: String) {
        self.path = path
    }

    /// - Returns: the secret, and whether it was made just now.
    /// - Throws: where the file is not the relay's own private file, or can't be read or made. Nothing is repaired: the
    ///   message says what its operator should do.
    public func loadOrCreate() throws(SecretFileError) -> (secret: Secret, isNew: Bool) {
        if let secret = try self.load() { return (secret, false) }
        let isNew = try self.create(Self.randomSecret())
        guard let secret = try self.load() else { throw self.error("it vanished while it was being made") }
        return (secret, isNew)
    }

    /// 256 random bits in hexadecimal.
    public static func randomSecret() -> Secret {
        var generator = SystemRandomNumberGenerator()
        return Secret((0..<4).map { _ in String(hexadecimal: generator.next() as UInt64) }.joined())
    }

    /// - Returns: nil where there is no file.
    private func load() throws(SecretFileError) -> Secret? {
        let descriptor = unsafe open(self.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            let code = errno
            guard code != ENOENT else { return nil }
            throw self.error(code == ELOOP ? "it is a symbolic link" : "it can't be read", code: code)
        }
        defer { close(descriptor) }
        try self.checkPrivate(descriptor)
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = unsafe read(descriptor, &buffer, buffer.count)
        guard count >= 0 else { throw self.error("it can't be read", code: errno) }
        let text = String(decoding: buffer.prefix(count), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        switch TokenSecretWeakness(of: text) {
        case nil: return Secret(text)
        case .placeholder: throw self.error("it holds the published placeholder; remove it for a new one")
        case .short:
            throw self.error(
                "it holds less than \(TokenSecretWeakness.minimumLength) characters; remove it for a new one"
            )
        }
    }

    private func checkPrivate(_ descriptor: Int32) throws(SecretFileError) {
        var info = stat()
        guard unsafe fstat(descriptor, &info) == 0 else { throw self.error("it can't be read", code: errno) }
        guard info.st_mode & S_IFMT == S_IFREG else { throw self.error("it is not a file") }
        guard info.st_uid == geteuid() else { throw self.error("it belongs to another user") }
        guard info.st_mode & 0o077 == 0 else {
            throw self.error("others may read it; chmod 600, or remove it for a new one")
        }
    }

    /// Writes a file of another name and links it into place, which fails where a secret is there by then.
    ///
    /// - Returns: whether this secret is the one that stayed.
    private func create(_ secret: Secret) throws(SecretFileError) -> Bool {
        let draft = "\(self.path).\(getpid()).\(UInt32.random(in: .min ... .max))"
        try self.write(secret, to: draft)
        defer { unsafe unlink(draft) }
        guard unsafe link(draft, self.path) == 0 else {
            let code = errno
            guard code == EEXIST else { throw self.error("it can't be made", code: code) }
            return false
        }
        try self.synchronizeDirectory()
        return true
    }

    private func write(_ secret: Secret, to draft: String) throws(SecretFileError) {
        let descriptor = unsafe open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw self.error("it can't be made", code: errno) }
        defer { close(descriptor) }
        let bytes = Array((secret.value + "\n").utf8)
        guard unsafe Glibc.write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
            let code = errno
            unsafe unlink(draft)
            throw self.error("it can't be written", code: code)
        }
    }

    private func synchronizeDirectory() throws(SecretFileError) {
        let slash = self.path.lastIndex(of: "/")
        let directory = slash.map { String(self.path[...$0]) } ?? "."
        let descriptor = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw self.error("its directory can't be opened", code: errno) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw self.error("its directory can't be written", code: errno) }
    }

    private func error(_ message: String, code: Int32? = nil) -> SecretFileError {
        SecretFileError(path: self.path, message: message, code: code)
    }
}

/// Why a secret's file is of no use. Retrying changes nothing: its operator must act.
public struct SecretFileError: Error, Hashable, Sendable, CustomStringConvertible {
    public let path: String
    /// What is wrong, and what its operator should do.
    public let message: String
    /// The system's error number, where there is one.
    public let code: Int32?

    public var description: String {
        let cause = self.code.map { ": \(unsafe String(cString: strerror($0)))" } ?? ""
        return "\(self.path): \(self.message)\(cause)"
    }
}
