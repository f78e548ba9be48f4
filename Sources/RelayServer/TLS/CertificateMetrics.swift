import RelayMetrics
import RelayWire

/// Until when the certificate is good, measured when `/metrics` is read.
struct CertificateMetrics: MetricCollector {
    let certificate: ServedCertificate

    func collect() -> [MetricSample] {
        [RelayMetric.certificateEnd.sample(Int(self.certificate.facts.notAfter.microseconds / 1_000_000))]
    }
}
