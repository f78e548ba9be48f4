import Foundation
import ProgramFixture

/// An authority made for one test, and a certificate of it. Paths of PEM files.
public struct TLSCertificates: Sendable {
    public let authority: String
    public let certificate: String
    public let key: String
    private let directory: URL

    public struct Failure: Error {
        public let arguments: [String]
    }

    /// Made by the `openssl` program. `remove` them in the end.
    ///
    /// - Parameter names: what the certificate is for, as openssl writes it.
    public static func make(names: String = "DNS:localhost,IP:127.0.0.1") throws -> TLSCertificates {
        let directory = FileManager.default.temporaryDirectory.appending(path: "valkey-tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
        try self.openssl(
            ["req", "-x509"] + curve + ["-subj", "/CN=test authority", "-keyout", "ca.key", "-out", "ca.pem"],
            in: directory
        )
        try self.openssl(
            ["req", "-x509"] + curve + [
                "-subj", "/CN=localhost", "-addext", "subjectAltName=\(names)",
                "-addext", "basicConstraints=critical,CA:FALSE",
                "-CA", "ca.pem", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.pem",
            ],
            in: directory
        )
        return TLSCertificates(
            authority: directory.appending(path: "ca.pem").path(),
            certificate: directory.appending(path: "server.pem").path(),
            key: directory.appending(path: "server.key").path(),
            directory: directory
        )
    }

    public func remove() {
        try? FileManager.default.removeItem(at: self.directory)
    }

    private static func openssl(_ arguments: [String], in directory: URL) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try withoutBlockedSignals { try process.run() }
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(arguments: arguments) }
    }
}
