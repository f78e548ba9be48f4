import Foundation
import ProgramFixture
import Testing

/// What the scripts install is all that the program needs: a bare machine has nothing else.
@Suite("Installed packages", .timeLimit(.minutes(1)))
struct InstalledPackagesTests {
    /// What even the smallest Debian has, and what brings it along.
    private static let base: Set = ["libc6", "libgcc-s1", "libstdc++6"]

    private static func script(_ path: String) throws -> Set<Substring> {
        let text = try String(contentsOf: Installation.package.appending(path: path), encoding: .utf8)
        return Set(text.split { $0.isWhitespace || $0 == ";" || $0 == "(" })
    }

    @Test("An image has each library that the program is linked with")
    func image() async throws {
        let installed = try Self.script("docker/install-runtime")
        let packages = try await Self.linkedPackages()
        #expect(packages.contains("libsqlite3-0"), "\(packages)")
        for package in packages.subtracting(Self.base) {
            #expect(installed.contains(Substring(package)), "docker/install-runtime lacks \(package)")
        }
    }

    @Test("A build's packages are those that the package's manifest names")
    func build() throws {
        let installed = try Self.script("scripts/install-packages")
        let manifest = try String(contentsOf: Installation.package.appending(path: "Package.swift"), encoding: .utf8)
        let named = manifest.matches(of: /\.apt\(\["([a-z0-9-]+)"\]\)/).map(\.1)
        #expect(!named.isEmpty)
        for package in named { #expect(installed.contains(package), "scripts/install-packages lacks \(package)") }
    }

    /// The Debian packages of the libraries that the program is linked with. Swift's own come with the toolchain, or within the program. What these
    /// libraries load themselves comes with their packages.
    private static func linkedPackages() async throws -> Set<String> {
        let named = try await Self.output("readelf", "--dynamic", Installation.relay.path())
            .matches(of: /\(NEEDED\).*\[(.+)\]/).map(\.1)
        let libraries = try await Self.output("ldd", Installation.relay.path())
            .matches(of: /(\S+) => (\/\S+)/).filter { named.contains($0.1) }
            .map { URL(filePath: String($0.2)).resolvingSymlinksInPath().path() }
        // Debian may know a file by the path that it had before /lib became /usr/lib.
        let paths = libraries + libraries.filter { $0.hasPrefix("/usr/") }.map { String($0.dropFirst(4)) }
        let owners = try await Self.output("dpkg", ["--search"] + paths)
        return Set(owners.matches(of: /(?m)^([a-z0-9.+-]+)(:[a-z0-9]+)?: \//).map { String($0.1) })
    }

    private static func output(_ command: String, _ arguments: String...) async throws -> String {
        try await Self.output(command, arguments)
    }

    private static func output(_ command: String, _ arguments: [String]) async throws -> String {
        let log = FileManager.default.temporaryDirectory.appending(path: "packages-\(UUID().uuidString).log")
        defer { try? FileManager.default.removeItem(at: log) }
        let process = try ChildProcess(
            URL(filePath: "/usr/bin/env"),
            [command] + arguments,
            environment: Installation.environment,
            directory: FileManager.default.temporaryDirectory,
            log: log
        )
        _ = try await process.exit(within: .seconds(30))
        return try String(contentsOf: log, encoding: .utf8)
    }
}
