import Foundation
import NIOSSL
import RelayWire

/// Where the relay's certificate comes from.
struct CertificateSource: Sendable {
    enum Origin: Sendable {
        case files(certificate: String, key: String)
        case selfSigned(SelfSignedCertificate)
    }

    let origin: Origin
    /// A file of the authorities of the certificates that clients need; nil where they need none.
    let authorities: String?
    /// That may follow the handshake, see ``ServerCertificate``.
    var protocols = ServerCertificate.protocols

    /// As files that others write are now.
    var marks: [FileMark?] {
        switch self.origin {
        case .files(let certificate, let key):
            return ([certificate, key] + [self.authorities].compactMap(\.self)).map(FileMark.init)
        case .selfSigned: return [self.authorities].compactMap(\.self).map(FileMark.init)
        }
    }

    /// Blocks: reads files, and makes a certificate where one is to be made.
    func load(at now: Timestamp) throws(CertificateProblem) -> ServerCertificate {
        var authorities: [NIOSSLCertificate]?
        if let path = self.authorities {
            authorities = try ServerCertificate.certificates(Self.bytes(of: path), path)
        }
        switch self.origin {
        case .files(let certificate, let key):
            return try ServerCertificate(
                CertificateMaterial(certificate: Self.bytes(of: certificate), key: Self.bytes(of: key)),
                from: (certificate, key),
                authorities: authorities,
                isSelfSigned: false,
                protocols: self.protocols,
                at: now
            )
        case .selfSigned(let own): return try own.load(authorities: authorities, protocols: self.protocols, at: now)
        }
    }

    /// Larger files are none of certificates: all that a machine trusts together takes less.
    private static let maxBytes = 4 << 20

    private static func bytes(of path: String) throws(CertificateProblem) -> [UInt8] {
        do {
            let file = try FileHandle(forReadingFrom: URL(filePath: path))
            defer { try? file.close() }
            return Array(try file.read(upToCount: self.maxBytes) ?? Data())
        } catch {
            throw CertificateProblem(.unreadable(cause: error.localizedDescription), path)
        }
    }
}
