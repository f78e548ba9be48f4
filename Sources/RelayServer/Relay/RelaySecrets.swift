import Foundation
import Glibc

/// What the relay made in its data directory beside the database: secrets, each a file of its own. A backup of the database has none of them.
public struct RelaySecrets: Sendable {
    private let directory: String

    /// - Parameter directory: the data directory.
    public init(in directory: String) {
        self.directory = directory
    }

    /// What there may be, and what ends with it.
    private static let known = [
        ("jwt-secret", "signs access tokens, service tokens, tickets and invites: without it all of those end"),
        ("tls-self-signed.crt", "is the certificate that the relay made: without it clients have to trust a new one"),
        ("tls-self-signed.key", "is that certificate's key"),
    ]

    /// Those that there are: the file's name, and what it is for.
    public var present: [(name: String, meaning: String)] {
        Self.known.filter { FileManager.default.fileExists(atPath: self.directory + "/" + $0.0) }
    }

    /// Whether there is any in a directory.
    ///
    /// - Parameter other: may not be there.
    public static func areThere(in other: String) -> Bool { !RelaySecrets(in: other).present.isEmpty }

    /// Copies those that there are into another directory, which is made with mode 0700. The copies have mode 0600.
    ///
    /// - Parameters:
    ///   - other: where to. A data directory, or a folder that keeps them.
    ///   - stamp: the end of the name that a file gets that is there already; nil to refuse then.
    /// - Returns: the names of those that were copied.
    /// - Throws: where a file can't be read or written, or is there already.
    public func copy(to other: String, stamp: String?) throws -> [String] {
        let files = FileManager.default
        try files.createDirectory(
            atPath: other,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        return try self.present.map { secret in
            let target = other + "/" + secret.name
            if let stamp, files.fileExists(atPath: target) {
                try files.moveItem(atPath: target, toPath: "\(target).\(stamp)")
            }
            try Self.write(try Data(contentsOf: URL(filePath: self.directory + "/" + secret.name)), to: target)
            return secret.name
        }
    }

    private static func write(_ data: Data, to path: String) throws {
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw SecretFileError(path: path, message: "it can't be made", code: errno)
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        try handle.write(contentsOf: data)
        try handle.synchronize()
    }
}
