import Foundation
import NIOSSL
import RelayWire

@testable import RelayServer

/// A folder of a test's own, gone with it, in which certificates are made and put where the relay looks.
struct CertificateFolder {
    let path: String

    static func with<Result>(_ body: (CertificateFolder) async throws -> Result) async throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appending(path: "relay-tls-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        return try await body(CertificateFolder(path: folder.path()))
    }

    var certificate: String { "\(self.path)/relay.crt" }
    var key: String { "\(self.path)/relay.key" }

    /// Where `certificate` and `key` are.
    var source: CertificateSource {
        CertificateSource(origin: .files(certificate: self.certificate, key: self.key), authorities: nil)
    }

    /// Makes a pair, good from `now` on for 90 days.
    ///
    /// - Returns: its fingerprint.
    @discardableResult
    func make(at now: Timestamp, puts: (certificate: Bool, key: Bool) = (true, true)) throws -> String {
        let directory = "\(self.path)/\(UUID())"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        let made = try SelfSignedCertificate(in: directory, names: []).load(authorities: nil, at: now)
        if puts.certificate { try Self.move("\(directory)/tls-self-signed.crt", to: self.certificate) }
        if puts.key { try Self.move("\(directory)/tls-self-signed.key", to: self.key) }
        return made.facts.fingerprint
    }

    func write(_ text: String, to path: String) throws {
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    private static func move(_ path: String, to place: String) throws {
        _ = try? FileManager.default.removeItem(atPath: place)
        try FileManager.default.moveItem(atPath: path, toPath: place)
    }
}
