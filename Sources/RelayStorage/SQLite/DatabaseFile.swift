import Foundation
import RelayCore

/// The file on the disk, as opposed to what is in it.
struct DatabaseFile: Sendable {
    let path: String
    /// Which file was opened: one put in its place later would not be it.
    private let identity: Int

    /// Makes sure that file and directory exist, readable by nobody else.
    init(directory: String) throws {
        let manager = FileManager.default
        try manager.createDirectory(
            atPath: directory,
            withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700]
        )
        self.path = directory + "/" + SQLiteStore.fileName
        if !manager.fileExists(atPath: self.path) {
            guard manager.createFile(atPath: self.path, contents: nil, attributes: [.posixPermissions: 0o600]) else {
                throw StoreError(.unavailable, "can't create \(self.path)")
            }
        }
        self.identity = try Self.attributes(self.path).identity
    }

    /// A process keeps writing to a file that was deleted, or that others have since made read-only; so look at the
    /// directory's view of it.
    func check() throws(StoreError) {
        guard let (identity, mode) = try? Self.attributes(self.path) else {
            throw StoreError(.unavailable, "\(self.path) is gone")
        }
        guard identity == self.identity else { throw StoreError(.unavailable, "\(self.path) was replaced") }
        guard mode & 0o200 != 0 else { throw StoreError(.unavailable, "\(self.path) is read-only") }
    }

    private static func attributes(_ path: String) throws -> (identity: Int, mode: Int) {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        guard let identity = attributes[.systemFileNumber] as? NSNumber,
            let mode = attributes[.posixPermissions] as? NSNumber
        else { throw StoreError(.unavailable, "can't tell what \(path) is") }
        return (identity.intValue, mode.intValue)
    }
}
