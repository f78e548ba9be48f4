import RelayWire

/// Why a certificate is of no use. Its operator must act.
struct CertificateProblem: Error, Hashable, CustomStringConvertible {
    enum Reason: Hashable {
        /// - Parameter cause: the system's word.
        case unreadable(cause: String)
        case noCertificate
        case noKey
        /// It is not the certificate's, or of a kind that TLS can't use.
        case otherKey
        case notYetGood
        case expired
        /// A certificate that the relay makes for itself could not be made or kept.
        case notMade(cause: String)
    }

    let reason: Reason
    /// The file; nil where there is none.
    let path: String?

    init(_ reason: Reason, _ path: String? = nil) {
        self.reason = reason
        self.path = path
    }

    var description: String {
        let text =
            switch self.reason {
            case .unreadable(let cause): "can't be read: \(cause)"
            case .noCertificate: "holds no certificate in PEM"
            case .noKey: "holds no key in PEM that is without a passphrase"
            case .otherKey: "holds a key that is not the certificate's, or that TLS can't use"
            case .notYetGood: "holds a certificate that is not good yet"
            case .expired: "holds a certificate that has expired"
            case .notMade(let cause): "the relay's own certificate could not be made: \(cause)"
            }
        return self.path.map { "\($0) \(text)" } ?? text
    }
}
