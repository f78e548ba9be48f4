import RelayWire

/// The certificate that QUIC clients are shown: one that is configured, or the relay's own.
enum QUICIdentity: Sendable {
    /// - Parameter isWatched: whether somebody else looks for changes of its files.
    case configured(ServedCertificate, isWatched: Bool)
    case own(ShortLivedCertificates)

    /// Whether clients may know it as they know the certificates of others, and not by its digest alone.
    var isConfigured: Bool { if case .configured = self { true } else { false } }

    /// As it is now.
    var current: ServerCertificate {
        switch self {
        case .configured(let served, _): served.current
        case .own(let certificates): certificates.shown
        }
    }

    /// SHA-256 of the certificates by which clients may know the relay, 64 digits of hexadecimal each: of the one that is shown first, then of the
    /// one that will be.
    var digests: [String] {
        switch self {
        case .configured(let served, _): [served.facts.fingerprint]
        case .own(let certificates): certificates.digests
        }
    }

    /// Looks whether there is another one, or it is time for one. Blocks.
    ///
    /// - Throws: where another one is needed and can't be had. The one before is shown as ever.
    func look(at now: Timestamp) throws(CertificateProblem) {
        switch self {
        case .configured(_, isWatched: true): break
        case .configured(let served, isWatched: false):
            if case .kept(let problem) = served.look(at: now) { throw problem }
        case .own(let certificates): _ = try certificates.look(at: now)
        }
    }
}
