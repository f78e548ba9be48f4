import RelayWire
import Synchronization

/// The certificate that new connections are shown. Connections that are open keep the one that they began with.
final class ServedCertificate: Sendable {
    private struct State {
        var certificate: ServerCertificate
        var schedule: CertificateSchedule
    }

    private let source: CertificateSource
    private let state: Mutex<State>

    /// Blocks.
    ///
    /// - Throws: where there is no good one to begin with.
    init(_ source: CertificateSource, at now: Timestamp) throws(CertificateProblem) {
        // Before they are read: what changes meanwhile is then seen as a change.
        let marks = source.marks
        let certificate = try source.load(at: now)
        self.source = source
        self.state = Mutex(State(certificate: certificate, schedule: CertificateSchedule(marks, certificate.facts)))
    }

    /// As it is now.
    var current: ServerCertificate { self.state.withLock { $0.certificate } }

    var facts: CertificateFacts { self.current.facts }

    /// What a look at the files has led to.
    enum Outcome: Equatable {
        case unchanged
        /// Another certificate is shown from now on.
        case replaced(CertificateFacts)
        /// The one before is shown as ever.
        case kept(CertificateProblem)
    }

    /// Looks whether there is another certificate to be had, and takes it if it is good. Blocks.
    ///
    /// - Returns: something else than `unchanged` once for each change.
    func look(at now: Timestamp) -> Outcome {
        let marks = self.source.marks
        guard self.state.withLock({ $0.schedule.looked(marks, at: now) }) else { return .unchanged }
        do {
            let certificate = try self.source.load(at: now)
            self.state.withLock {
                $0.certificate = certificate
                $0.schedule.loaded(certificate.facts)
            }
            return .replaced(certificate.facts)
        } catch {
            return .kept(error)
        }
    }
}

/// Says when a certificate is to be read or made again.
struct CertificateSchedule: Sendable {
    /// After which a certificate that could not be made is tried again.
    private static let patience: Int64 = 3_600

    private var files: FileWatch
    /// When the relay makes a new one; nil for a certificate that others make.
    private var renewal: Timestamp?

    init(_ marks: [FileMark?], _ facts: CertificateFacts) {
        self.files = FileWatch(marks)
        self.loaded(facts)
    }

    /// - Returns: whether to read or make it now.
    mutating func looked(_ marks: [FileMark?], at now: Timestamp) -> Bool {
        if self.files.looked(marks) { return true }
        guard let renewal = self.renewal, now >= renewal else { return false }
        self.renewal = now.adding(seconds: Self.patience)
        return true
    }

    /// There is a new one.
    mutating func loaded(_ facts: CertificateFacts) {
        self.renewal = facts.isSelfSigned ? facts.notAfter.adding(seconds: -SelfSignedCertificate.renewal) : nil
    }
}
