import NIOSSL

extension ValkeyError {
    /// Whether the connection broke because the server's certificate was not trusted.
    public var isCertificateRefused: Bool {
        guard let cause = self.cause else { return false }
        if let error = cause as? NIOSSLExtraError { return error == .failedToValidateHostname }
        // All that is known of the handshake's failures is their text.
        return cause is NIOSSLError && "\(cause)".contains("CERTIFICATE_VERIFY_FAILED")
    }
}
