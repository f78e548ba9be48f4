import Foundation
import NIOSSL
import RelayWire
import Synchronization

/// A certificate that the relay makes for itself, for development. It is kept, and made anew when it nears its end.
final class SelfSignedCertificate: Sendable {
    /// For which one is good.
    static let life = TimeInterval(90 * 86_400)
    /// So long before its end it is made anew.
    static let renewal = Int64(30 * 86_400)

    private let files: (certificate: String, key: String)?
    private let maker: CertificateMaker
    /// The newest, where it is kept in no file.
    private let kept = Mutex<CertificateMaterial?>(nil)

    /// - Parameters:
    ///   - directory: where it is kept; nil to keep it in memory alone, for as long as the process lives.
    ///   - names: of this machine, besides `localhost`.
    init(in directory: String?, names: [String]) {
        self.files = directory.map { ("\($0)/tls-self-signed.crt", "\($0)/tls-self-signed.key") }
        self.maker = CertificateMaker(names: names, life: Self.life)
    }

    /// The one that is kept, if it is good for long enough, else a new one.
    func load(
        authorities: [NIOSSLCertificate]?,
        protocols: [String] = ServerCertificate.protocols,
        at now: Timestamp
    ) throws(CertificateProblem) -> ServerCertificate {
        if let material = self.stored, let known = try? self.ready(material, authorities, protocols, at: now),
            !Self.isDue(known.facts, at: now)
        {
            return known
        }
        let material = try self.maker.make(at: now)
        let certificate = try self.ready(material, authorities, protocols, at: now)
        try self.keep(material)
        return certificate
    }

    /// Whether a certificate is to be replaced by a new one.
    static func isDue(_ facts: CertificateFacts, at now: Timestamp) -> Bool {
        now.adding(seconds: self.renewal) >= facts.notAfter
    }

    private func ready(
        _ material: CertificateMaterial,
        _ authorities: [NIOSSLCertificate]?,
        _ protocols: [String],
        at now: Timestamp
    ) throws(CertificateProblem) -> ServerCertificate {
        try ServerCertificate(
            material,
            from: self.files,
            authorities: authorities,
            isSelfSigned: true,
            protocols: protocols,
            at: now
        )
    }

    // MARK: Keeping it

    private var stored: CertificateMaterial? {
        guard let files = self.files else { return self.kept.withLock(\.self) }
        guard let certificate = try? Data(contentsOf: URL(filePath: files.certificate)),
            let key = try? Data(contentsOf: URL(filePath: files.key))
        else { return nil }
        return CertificateMaterial(certificate: Array(certificate), key: Array(key))
    }

    /// The key goes first: a crash between the two leaves a pair that does not match, and then both are made anew.
    private func keep(_ material: CertificateMaterial) throws(CertificateProblem) {
        guard let files = self.files else { return self.kept.withLock { $0 = material } }
        do {
            try PrivateFile.replace(files.key, with: material.key, mode: 0o600)
            try PrivateFile.replace(files.certificate, with: material.certificate, mode: 0o644)
        } catch {
            throw CertificateProblem(.notMade(cause: "\(error)"))
        }
    }
}
