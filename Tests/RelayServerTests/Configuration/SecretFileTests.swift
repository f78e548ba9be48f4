import Foundation
import Testing

@testable import RelayServer

@Suite struct SecretFileTests {
    /// Runs `body` with a path in a directory of its own, which is removed afterwards.
    private static func withPath(_ body: (String) async throws -> Void) async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try await body(directory.appending(path: "jwt-secret").path)
    }

    private static func write(_ text: String, to path: String, mode: Int) {
        _ = FileManager.default.createFile(
            atPath: path,
            contents: Data(text.utf8),
            attributes: [.posixPermissions: mode]
        )
    }

    @Test("The first start makes a private file, the next one reads it")
    func makesOnce() async throws {
        try await Self.withPath { path in
            let first = try SecretFile(path: path).loadOrCreate()
            let second = try SecretFile(path: path).loadOrCreate()
            #expect(first.isNew && !second.isNew)
            #expect(first.secret == second.secret)
            #expect(first.secret.value.count == 64)
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
            let directory = URL(filePath: path).deletingLastPathComponent().path
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["jwt-secret"])
        }
    }

    @Test("Relays that start at once agree on one secret", .timeLimit(.minutes(1)))
    func race() async throws {
        try await Self.withPath { path in
            let results = try await withThrowingTaskGroup { group in
                for _ in 0..<16 {
                    group.addTask { try SecretFile(path: path).loadOrCreate() }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(results.map(\.secret)).count == 1)
            #expect(results.count(where: \.isNew) == 1)
        }
    }

    @Test(
        "A file that others can read, or that is too short, is refused and left as it is",
        arguments: [(0o644, 64, "chmod 600"), (0o640, 64, "chmod 600"), (0o600, 31, "less than 32")]
    )
    func refused(_ mode: Int, _ length: Int, _ part: String) async throws {
        try await Self.withPath { path in
            let text = String(repeating: "k", count: length)
            Self.write(text, to: path, mode: mode)
            let error = try #require(throws: SecretFileError.self) { try SecretFile(path: path).loadOrCreate() }
            #expect(error.description.contains(part))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == text)
        }
    }

    @Test("A link is not followed")
    func link() async throws {
        try await Self.withPath { path in
            Self.write(String(repeating: "k", count: 64), to: path + ".real", mode: 0o600)
            try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: path + ".real")
            let error = try #require(throws: SecretFileError.self) { try SecretFile(path: path).loadOrCreate() }
            #expect(error.message == "it is a symbolic link")
        }
    }

    @Test("A missing directory is an error with the system's reason")
    func missingDirectory() {
        let error = #expect(throws: SecretFileError.self) {
            try SecretFile(path: "/nonexistent/jwt-secret").loadOrCreate()
        }
        #expect(error?.code == ENOENT)
    }
}
