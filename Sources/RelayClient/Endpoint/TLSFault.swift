import NIOSSL
import RelayWire

/// Why there can be no TLS connection. None of these is mended by trying again: somebody has to change a certificate, a setting or a URL.
enum TLSFault: Error, Hashable, CustomStringConvertible {
    /// No authority that is trusted here has signed the certificate.
    case untrusted
    case expired(Timestamp)
    case notYetGood(Timestamp)
    case otherName
    /// What answers at the port speaks no TLS.
    case noTLS
    /// The relay wants a certificate of the client, or another than it was shown.
    case certificateWanted

    /// - Returns: nil for errors that trying again may mend.
    init?(_ error: any Error) {
        switch error {
        case let fault as TLSFault: self = fault
        case let error as NIOSSLExtraError where error == .failedToValidateHostname: self = .otherName
        case let error as NIOSSLError:
            guard case .handshakeFailed(let cause) = error else { return nil }
            self.init(cause)
        case let error as BoringSSLError: self.init(error)
        default: return nil
        }
    }

    /// By the names that BoringSSL has for its errors, which it tells in texts alone.
    private init?(_ error: BoringSSLError) {
        guard case .sslError(let stack) = error else { return nil }
        let text = stack.map(\.description).joined()
        let names: [(String, TLSFault)] = [
            ("CERTIFICATE_VERIFY_FAILED", .untrusted),
            ("WRONG_VERSION_NUMBER", .noTLS),
            ("ALERT_CERTIFICATE_REQUIRED", .certificateWanted),
            ("ALERT_HANDSHAKE_FAILURE", .certificateWanted),
            ("ALERT_BAD_CERTIFICATE", .certificateWanted),
            ("ALERT_CERTIFICATE_EXPIRED", .certificateWanted),
            ("ALERT_UNKNOWN_CA", .certificateWanted),
        ]
        guard let found = names.first(where: { text.contains($0.0) }) else { return nil }
        self = found.1
    }

    /// What is wrong with a certificate that was not trusted.
    init(_ certificate: NIOSSLCertificate, at now: Timestamp) {
        let begin = Timestamp(microseconds: Int64(certificate.notValidBefore) * 1_000_000)
        let end = Timestamp(microseconds: Int64(certificate.notValidAfter) * 1_000_000)
        self = end < now ? .expired(end) : now < begin ? .notYetGood(begin) : .untrusted
    }

    var description: String {
        switch self {
        case .untrusted: "no authority that is trusted here has signed the relay's certificate"
        case .expired(let end): "the relay's certificate has expired: it was good until \(end)"
        case .notYetGood(let begin): "the relay's certificate is not good before \(begin)"
        case .otherName: "the relay's certificate is for other names than the one in the URL"
        case .noTLS: "what answers at the relay's address speaks no TLS: is it http?"
        case .certificateWanted: "the relay wants a certificate of its clients, or another than it was shown"
        }
    }

    var relayError: RelayError {
        let code: RelayError.Code =
            switch self {
            case .untrusted: .untrusted
            case .expired, .notYetGood, .otherName: .unusableCertificate
            // The URL is one that can be used; what answers there is not what it says.
            case .noTLS: .invalidReply
            case .certificateWanted: .refused
            }
        return RelayError(code, detail: self.description, underlying: self)
    }
}
