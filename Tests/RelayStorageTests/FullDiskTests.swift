import Foundation
import Glibc
import RelayCore
import RelayWire
import StoreContract
import Testing

@testable import RelayStorage

@Suite("A full disk", .timeLimit(.minutes(2)))
struct FullDiskTests {
    @Test(
        "the last of a disk is kept for deletions",
        arguments: [
            // Total, free, log, unused in KiB; whether it is scarce, and how many messages of 100 KiB get in.
            (1 << 30, 1 << 20, 0, 0, false, 5), (1 << 20, 512 << 10, 32 << 10, 0, false, 5),
            (1 << 20, 100 << 10, 32 << 10, 0, true, 5),
            (1 << 20, 17 << 10, 0, 0, true, 4), (1 << 20, 16 << 10, 0, 0, true, 0), (1 << 20, 10 << 10, 0, 0, true, 0),
            (1 << 20, 10 << 10, 0, 16 << 10, true, 5), (1 << 20, 8 << 10, 0, 16 << 10, true, 0),
            (16 << 10, 4 << 10, 0, 0, false, 5),
            (16 << 10, 1300, 0, 0, true, 0), (0, 0, 0, 0, false, 0),
        ] as [(Int, Int, Int, Int, Bool, Int)]
    )
    func reserve(total: Int, free: Int, log: Int, unused: Int, isScarce: Bool, admitted: Int) {
        let space = DiskSpace(total: total << 10, free: free << 10, log: log << 10)
        #expect(space.isScarce == isScarce)
        let costs = Array(repeating: 100 << 10, count: 5)
        #expect(space.admitted(costs, unused: unused << 10) == admitted)
    }

    @Test("publishes are refused, health says why, and a deleted topic makes room again", arguments: [16, 48])
    func fullDisk(mebibytes: Int) async throws {
        try await withSmallDisk(mebibytes: mebibytes) { directory in
            let store = try SQLiteStore(directory: directory)
            try await store.checkHealth()
            for round in 0..<3 {
                let topic = TopicKey.named("t\(round)")
                #expect(try await store.createTopic(.plain(topic)).isNew)
                var stored = 0
                var error: StoreError?
                while error == nil {
                    switch await store.append(.one(.bytes(20_000), to: topic)) {
                    case .success: stored += 1
                    case .failure(let failure): error = failure
                    }
                }
                #expect(error?.code == .full)
                // Neither the reserve nor the log takes most of the disk.
                #expect(stored > mebibytes * 10, "\(stored) in round \(round)")
                #expect(await store.health()?.code == .full)
                #expect(await store.append(.one(.bytes(20_000), to: .named("other"))).code == .full)
                #expect(try await store.messages(in: topic).count == stored)
                #expect(try await store.deleteTopic(topic) != nil)
                #expect(await store.health() == nil)
                try await store.put(.one(.bytes(20_000), to: .named("other")))
            }
            await store.close()
            let again = try SQLiteStore(directory: directory)
            #expect(try await again.messages(in: .named("other")).count == 3)
            await again.close()
        }
    }

    @Test("what others fill up and free again does the same")
    func others() async throws {
        try await withSmallDisk(mebibytes: 16) { directory in
            let store = try SQLiteStore(directory: directory)
            try await store.put(.one(.bytes(20_000), to: .named("t")))
            let filler = directory + "/filler"
            #expect(FileManager.default.createFile(atPath: filler, contents: nil))
            let handle = try #require(FileHandle(forWritingAtPath: filler))
            while (try? handle.write(contentsOf: Data(count: 64 << 10))) != nil {}
            try handle.close()
            #expect(await store.append(.one(.bytes(20_000), to: .named("t"))).code == .full)
            #expect(await store.health()?.code == .full)
            try FileManager.default.removeItem(atPath: filler)
            #expect(await store.health() == nil)
            try await store.put(.one(.bytes(20_000), to: .named("t")))
            await store.close()
        }
    }

    @Test("where the system does not say what is free, health writes as much as was refused")
    func probe() async throws {
        try await withSQLiteStore { store, _ in
            try await store.put(.one(.bytes(1), to: .named("t")))
            try await store.limitPages(to: store.pages() + 8)
            #expect(await store.append(.one(.bytes(1 << 18), to: .named("t"))).code == .full)
            #expect(await store.health()?.code == .full)
            try await store.put(.one(.bytes(1), to: .named("t")))
            #expect(await store.health()?.code == .full)
            try await store.limitPages(to: 1_000_000)
            #expect(await store.health() == nil)
            #expect(store.writer.probeBytes == 0)
        }
    }
}

extension SQLiteStore {
    fileprivate func health() async -> StoreError? {
        do throws(StoreError) {
            try await self.checkHealth()
            return nil
        } catch {
            return error
        }
    }
}

/// Runs `body` with a directory that is a disk of its own. Does nothing where this process may not mount one.
func withSmallDisk(mebibytes: Int, _ body: (_ directory: String) async throws -> Void) async throws {
    let directory = TemporaryDirectory()
    try FileManager.default.createDirectory(atPath: directory.path, withIntermediateDirectories: true)
    defer { directory.remove() }
    guard unsafe mount("tmpfs", directory.path, "tmpfs", 0, "size=\(mebibytes)m") == 0 else { return }
    defer { _ = unsafe umount2(directory.path, Int32(MNT_DETACH)) }
    try await body(directory.path + "/data")
}
