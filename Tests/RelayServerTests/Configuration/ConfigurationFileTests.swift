import Foundation
import Testing

@testable import RelayServer

@Suite struct ConfigurationFileTests {
    private static func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "config-\(UUID().uuidString).yaml").path
        #expect(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test("A file on disk is read as it is")
    func reads() throws {
        try Self.withFile(Array("port: 81\n".utf8)) { path in
            let text = try ConfigurationLoader.readFromDisk(path)
            #expect(text == "port: 81\n")
            let loader = ConfigurationLoader(
                flags: ["config_file": path],
                environment: [:],
                readFile: ConfigurationLoader.readFromDisk
            )
            let loaded = try loader.load()
            #expect(loaded.configuration.server.port == 81)
        }
    }

    @Test("No file, and no directory to hold it, is nothing", arguments: ["/nonexistent", "/nonexistent/config.yaml"])
    func missing(_ path: String) throws {
        #expect(try ConfigurationLoader.readFromDisk(path) == nil)
    }

    @Test("What is not text, or not a file, is an error")
    func unreadable() throws {
        try Self.withFile([0xFF, 0xFE]) { path in
            #expect(throws: (any Error).self) { try ConfigurationLoader.readFromDisk(path) }
        }
        #expect(throws: (any Error).self) { try ConfigurationLoader.readFromDisk("/") }
    }
}
