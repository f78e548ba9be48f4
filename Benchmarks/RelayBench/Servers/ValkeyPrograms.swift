import Foundation

/// Valkey's programs, or Redis', which are as good: found where a shell would find them.
struct ValkeyPrograms: Sendable {
    let server: URL
    let benchmark: URL

    /// - Throws: ``LaunchError/notInstalled(_:)``; Debian's package redis-server brings both.
    init(path: String = ProcessInfo.processInfo.environment["PATH"] ?? "") throws {
        let directories = path.split(separator: ":").map { URL(filePath: String($0)) }
        self.server = try Self.find("server", in: directories)
        self.benchmark = try Self.find("benchmark", in: directories)
    }

    private static func find(_ program: String, in directories: [URL]) throws -> URL {
        let names = ["valkey-\(program)", "redis-\(program)"]
        let files = names.flatMap { name in directories.map { $0.appending(path: name) } }
        guard let file = files.first(where: { FileManager.default.isExecutableFile(atPath: $0.path()) }) else {
            throw LaunchError.notInstalled(names.joined(separator: " or "))
        }
        return file
    }
}
