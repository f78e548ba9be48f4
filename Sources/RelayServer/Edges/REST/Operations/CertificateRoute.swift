import HTTPTypes
import NIOHTTP1

/// Which certificate the relay shows. Open to everyone, since everyone is shown it.
enum CertificateRoute {
    /// - Parameter certificate: nil where the relay shows none.
    static func add(to routes: inout RESTRoutes, _ certificate: ServedCertificate?) {
        routes.on(.get, "/tls/fingerprint", asking: .open(maxBodyBytes: 1_024)) { _ in
            certificate.map { Self.reply($0.facts) } ?? Reply(.notFound, detail: "This relay shows no certificate")
        }
    }

    private static func reply(_ facts: CertificateFacts) -> Reply {
        Reply(
            .ok,
            .object([
                ("sha256", .text(facts.fingerprint)), ("not_before", .moment(facts.notBefore)),
                ("not_after", .moment(facts.notAfter)), ("self_signed", .flag(facts.isSelfSigned)),
            ])
        )
    }
}
