import Foundation
import RelayAccess
import RelayCore
import RelayWire
import StoreContract
import Synchronization
import Testing

@testable import RelayStorage

@Suite("Backup and restore of an SQLite store", .timeLimit(.minutes(2)))
struct SQLiteBackupTests {
    private func messages(in file: String) async throws -> [Message] {
        let copy = TemporaryDirectory()
        defer { copy.remove() }
        try FileManager.default.createDirectory(atPath: copy.path, withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: file, toPath: copy.path + "/" + SQLiteStore.fileName)
        let store = try SQLiteStore(directory: copy.path)
        let messages = try await store.messages(in: .named("t"))
        await store.close()
        return messages
    }

    private func files(beside file: String) throws -> [String] {
        let folder = (file as NSString).deletingLastPathComponent
        return try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    private func withBackups(_ body: (SQLiteStore, _ directory: String, _ file: String) async throws -> Void)
        async throws
    {
        let folder = TemporaryDirectory()
        defer { folder.remove() }
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        try await withSQLiteStore { try await body($0, $1, folder.path + "/backup.sqlite3") }
    }

    @Test("a backup while messages come is one moment of the store: the first so many of each, and nothing after")
    func running() async throws {
        try await self.withBackups { store, directory, file in
            for _ in 0..<200 { try await store.put(.one(.bytes(20_000), to: .named("t"))) }
            let isDone = Mutex(false)
            let publisher = Task {
                var ids: [MessageID] = []
                while !isDone.withLock({ $0 }) {
                    ids += try await store.put(.one(.bytes(20_000), to: .named("t"))).stored.map(\.id)
                }
                return ids
            }
            try await Task.sleep(for: .milliseconds(50))
            let size = try await Task.detached { try SQLiteBackup.make(of: directory, at: file) }.value
            isDone.withLock { $0 = true }
            let published = try await publisher.value
            #expect(size > 200 * 20_000)
            let copied = try await self.messages(in: file)
            let all = try await store.messages(in: .named("t"))
            #expect(copied.count >= 200 && copied.count <= 200 + published.count)
            #expect(all.prefix(copied.count).elementsEqual(copied))
            #expect(try self.files(beside: file) == ["backup.sqlite3"])
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }
    }

    @Test("a file that is there is not overwritten, and two backups to one file don't mix")
    func occupied() async throws {
        try await self.withBackups { store, directory, file in
            try await store.put(.one(.bytes(10), to: .named("t")))
            try SQLiteBackup.make(of: directory, at: file)
            let before = try Data(contentsOf: URL(filePath: file))
            #expect(throws: StoreError.self) { try SQLiteBackup.make(of: directory, at: file) }
            #expect(try Data(contentsOf: URL(filePath: file)) == before)
            let draft = try DraftFile(of: file + "2")
            #expect(throws: StoreError.self) { try SQLiteBackup.make(of: directory, at: file + "2") }
            draft.discard()
            try SQLiteBackup.make(of: directory, at: file + "2")
        }
    }

    @Test("what is broken off leaves nothing; what a killed process left is begun anew")
    func brokenOff() async throws {
        try await self.withBackups { store, directory, file in
            for _ in 0..<300 { try await store.put(.one(.bytes(20_000), to: .named("t"))) }
            #expect(throws: CancellationError.self) {
                try SQLiteBackup.make(of: directory, at: file) { _ in throw CancellationError() }
            }
            #expect(try self.files(beside: file).isEmpty)
            try Data(repeating: 7, count: 100_000).write(to: URL(filePath: file + ".partial"))
            try Data(repeating: 8, count: 100_000).write(to: URL(filePath: file + ".partial-wal"))
            try SQLiteBackup.make(of: directory, at: file)
            #expect(try await self.messages(in: file).count == 300)
            #expect(try self.files(beside: file) == ["backup.sqlite3"])
        }
    }

    @Test("a full disk is told, and nothing is left; a backup beside a relay leaves that its room")
    func fullDisk() async throws {
        try await withSQLiteStore { store, directory in
            for _ in 0..<200 { try await store.put(.one(.bytes(50_000), to: .named("t"))) }
            try await withSmallDisk(mebibytes: 8) { other in
                try FileManager.default.createDirectory(atPath: other, withIntermediateDirectories: true)
                let error = #expect(throws: StoreError.self) {
                    try SQLiteBackup.make(of: directory, at: other + "/backup.sqlite3")
                }
                #expect(error?.code == .full)
                #expect(try FileManager.default.contentsOfDirectory(atPath: other).isEmpty)
            }
        }
        try await withSmallDisk(mebibytes: 64) { directory in
            let store = try SQLiteStore(directory: directory)
            for _ in 0..<30 { try await store.put(.one(.bytes(1 << 20), to: .named("t"))) }
            let error = #expect(throws: StoreError.self) {
                try SQLiteBackup.make(of: directory, at: directory + "/backup.sqlite3")
            }
            #expect(error?.code == .full)
            await store.close()
        }
    }

    @Test("restored is what was backed up; the former database is kept, and readers are told of a gap")
    func restore() async throws {
        try await self.withBackups { store, directory, file in
            let kept = try await store.put(.one(.bytes(10), to: .named("t"))).stored[0].id
            let epoch = try await store.bounds(of: .named("t")).epoch
            try SQLiteBackup.make(of: directory, at: file)
            try await store.put(.one(.bytes(10), to: .named("t")))
            // A relay is running.
            #expect(throws: StoreError.self) { try SQLiteRestore.run(from: file, into: directory, stamp: "old") }
            await store.close()
            let report = try SQLiteRestore.run(from: file, into: directory, stamp: "old")
            #expect(report.former == directory + "/" + SQLiteStore.fileName + ".old" && report.streams == 1)
            let restored = try SQLiteStore(directory: directory)
            #expect(try await restored.messages(in: .named("t")).map(\.id) == [kept])
            let bounds = try await restored.bounds(of: .named("t"))
            #expect(bounds.epoch.id != epoch.id && bounds.epoch.start == kept)
            await restored.close()
            #expect(try await self.messages(in: try #require(report.former)).count == 2)
            // Of a relay that was stopped before the backup.
            _ = try SQLiteRestore.run(from: file, into: directory, stamp: "older", isWhole: true)
            let whole = try SQLiteStore(directory: directory)
            #expect(try await whole.bounds(of: .named("t")).epoch == epoch)
            await whole.close()
        }
    }

    @Test("a damaged backup, or none, changes nothing")
    func damaged() async throws {
        try await self.withBackups { store, directory, file in
            for _ in 0..<100 { try await store.put(.one(.bytes(10_000), to: .named("t"))) }
            try SQLiteBackup.make(of: directory, at: file)
            await store.close()
            let whole = try Data(contentsOf: URL(filePath: file))
            var holed = whole
            holed.replaceSubrange(200_000..<260_000, with: Data(repeating: 0xAB, count: 60_000))
            for data in [holed, whole.prefix(whole.count / 2), Data("no database".utf8), Data()] {
                try data.write(to: URL(filePath: file))
                #expect(throws: StoreError.self) { try SQLiteRestore.run(from: file, into: directory, stamp: "old") }
            }
            #expect(throws: StoreError.self) { try SQLiteRestore.run(from: file + "x", into: directory, stamp: "old") }
            try whole.write(to: URL(filePath: file))
            #expect(throws: CancellationError.self) {
                try SQLiteRestore.run(from: file, into: directory, stamp: "old") { _ in throw CancellationError() }
            }
            let names = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(!names.contains { $0.hasSuffix(".old") || $0.contains(".partial") }, "\(names)")
            let again = try SQLiteStore(directory: directory)
            #expect(try await again.messages(in: .named("t")).count == 100)
            await again.close()
        }
    }

    @Test("a backup goes to an empty place as well")
    func elsewhere() async throws {
        try await self.withBackups { store, directory, file in
            try await store.put(.one(.bytes(10), to: .named("t")))
            try SQLiteBackup.make(of: directory, at: file)
            let other = TemporaryDirectory()
            defer { other.remove() }
            #expect(try SQLiteRestore.run(from: file, into: other.path, stamp: "old").former == nil)
            let restored = try SQLiteStore(directory: other.path)
            #expect(try await restored.messages(in: .named("t")).count == 1)
            await restored.close()
        }
    }
}
