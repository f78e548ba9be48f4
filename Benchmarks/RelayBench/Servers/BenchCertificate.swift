import Foundation

/// A certificate for 127.0.0.1 that a server under test is given, made by the system's OpenSSL. Its key is of P-256, as the relay's own are.
enum BenchCertificate {
    static let fileName = "certificate.pem"
    static let keyFileName = "key.pem"
    private static let openSSL = URL(filePath: "/usr/bin/openssl")

    /// - Throws: ``LaunchError/notInstalled(_:)`` where it could not be made.
    static func make(in directory: URL) throws {
        let process = Process()
        process.executableURL = try Launcher.existing(self.openSSL)
        process.arguments = [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=127.0.0.1",
            "-keyout", directory.appending(path: self.keyFileName).path(),
            "-out", directory.appending(path: self.fileName).path(),
        ]
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw LaunchError.notInstalled("a certificate by openssl") }
    }
}
