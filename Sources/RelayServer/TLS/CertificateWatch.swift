import Logging
import NIOCore
import NIOPosix
import RelayCore

/// Looks every few seconds whether the certificate's files have changed, and says what became of it.
struct CertificateWatch: Sendable {
    /// Between two looks.
    static let interval = Duration.seconds(2)

    let certificate: ServedCertificate
    let clock: RelayClock
    let logger: Logger

    /// Returns when its task is cancelled.
    func run() async {
        while true {
            do {
                try await Task.sleep(for: Self.interval)
                let (certificate, now) = (self.certificate, self.clock.now())
                // Files may lie on a disk that is slow.
                self.tell(try await NIOThreadPool.singleton.runIfActive { certificate.look(at: now) })
            } catch {
                return
            }
        }
    }

    private func tell(_ outcome: ServedCertificate.Outcome) {
        switch outcome {
        case .unchanged: break
        case .replaced(let facts):
            self.logger.notice(
                "new connections are shown another certificate",
                metadata: ["sha256": "\(facts.fingerprint)", "good_until": "\(facts.notAfter)"]
            )
        case .kept(let problem):
            self.logger.error(
                "the certificate could not be replaced: the one before is shown as ever",
                metadata: ["problem": "\(problem)"]
            )
        }
    }
}
