import Foundation
import RelayWire
import Synchronization

/// Certificates that the relay makes for itself, one after another, for clients that know them by their digests: so short-lived that browsers take
/// them so (`serverCertificateHashes` takes 14 days at most).
///
/// The next one is made, and its digest told, a day before connections are shown it. So who was told the digests before is not shut out.
final class ShortLivedCertificates: Sendable {
    /// In seconds, like those below. For which one is good.
    static let life = Int64(13 * 86_400)
    /// So old is one when the next is made.
    static let renewal = Int64(10 * 86_400)
    /// And so old when the next takes its place.
    static let relief = Int64(11 * 86_400)

    /// What is to be done.
    enum Step: Equatable {
        case nothing
        /// There is none to be shown.
        case make
        /// There is no next one, and it is time for it.
        case makeNext
        case showNext

        /// - Parameters:
        ///   - shown: until when the one is good that is shown; nil for none.
        ///   - next: the same of the next.
        init(at now: Timestamp, shown: Timestamp?, next: Timestamp?) {
            guard let shown, now < shown else {
                self = next == nil ? .make : .showNext
                return
            }
            let age = (now.microseconds - shown.microseconds) / 1_000_000 + ShortLivedCertificates.life
            switch next {
            case nil: self = age >= ShortLivedCertificates.renewal ? .makeNext : .nothing
            case .some: self = age >= ShortLivedCertificates.relief ? .showNext : .nothing
            }
        }
    }

    private struct State {
        var shown: ServerCertificate
        var next: ServerCertificate?
    }

    private let maker: CertificateMaker
    private let directory: String?
    private let state: Mutex<State>

    /// Blocks: reads those that are kept, and makes what is missing.
    ///
    /// - Parameters:
    ///   - directory: where they are kept; nil to keep them in memory alone, for as long as the process lives.
    ///   - names: of this machine, besides `localhost`.
    init(in directory: String?, names: [String], at now: Timestamp) throws(CertificateProblem) {
        self.maker = CertificateMaker(names: names, life: TimeInterval(Self.life))
        self.directory = directory
        let next = Self.stored("next", directory, at: now)
        if let shown = Self.stored("shown", directory, at: now) ?? next {
            self.state = Mutex(State(shown: shown, next: shown.facts == next?.facts ? nil : next))
        } else {
            let made = try Self.make("shown", by: self.maker, in: directory, at: now)
            self.state = Mutex(State(shown: made, next: nil))
        }
        _ = try self.look(at: now)
    }

    /// What connections are shown.
    var shown: ServerCertificate { self.state.withLock { $0.shown } }

    /// By which clients may know the relay: of the one that is shown, then of the next where there is one.
    var digests: [String] {
        self.state.withLock { [$0.shown, $0.next].compactMap { $0?.facts.fingerprint } }
    }

    /// Does what it is time for. Blocks. To be called by one at a time.
    ///
    /// - Returns: whether another one is shown from now on.
    func look(at now: Timestamp) throws(CertificateProblem) -> Bool {
        let (shown, next) = self.state.withLock { ($0.shown, $0.next) }
        switch Step(at: now, shown: shown.facts.notAfter, next: next?.facts.notAfter) {
        case .nothing: return false
        case .makeNext:
            let made = try Self.make("next", by: self.maker, in: self.directory, at: now)
            self.state.withLock { $0.next = made }
            return false
        case .showNext:
            guard let next else { return false }
            try Self.keep(next, as: "shown", self.directory)
            self.state.withLock { $0 = State(shown: next, next: nil) }
            return true
        case .make:
            let made = try Self.make("shown", by: self.maker, in: self.directory, at: now)
            self.state.withLock { $0 = State(shown: made, next: nil) }
            return true
        }
    }

    /// Makes one, and keeps it under a name.
    private static func make(
        _ name: String,
        by maker: CertificateMaker,
        in directory: String?,
        at now: Timestamp
    ) throws(CertificateProblem) -> ServerCertificate {
        let made = try self.ready(try maker.make(at: now), at: now)
        try self.keep(made, as: name, directory)
        return made
    }

    private static func ready(
        _ material: CertificateMaterial,
        at now: Timestamp
    ) throws(CertificateProblem) -> ServerCertificate {
        try ServerCertificate(material, from: nil, authorities: nil, isSelfSigned: true, at: now)
    }

    // MARK: Keeping them

    private static func path(_ name: String, _ directory: String) -> String { "\(directory)/quic-\(name).pem" }

    /// Key and certificate are in one file: so one is never there without the other.
    private static func keep(
        _ certificate: ServerCertificate,
        as name: String,
        _ directory: String?
    ) throws(CertificateProblem) {
        guard let directory else { return }
        let material = certificate.material
        do throws(PrivateFile.Failure) {
            try PrivateFile.replace(self.path(name, directory), with: material.key + material.certificate, mode: 0o600)
        } catch {
            throw CertificateProblem(.notMade(cause: "\(error)"))
        }
    }

    /// - Returns: nil for none that is good now.
    private static func stored(_ name: String, _ directory: String?, at now: Timestamp) -> ServerCertificate? {
        guard let directory, let bytes = try? Data(contentsOf: URL(filePath: self.path(name, directory))),
            let start = bytes.firstRange(of: Data("-----BEGIN CERTIFICATE".utf8))?.lowerBound
        else { return nil }
        let material = CertificateMaterial(certificate: Array(bytes[start...]), key: Array(bytes[..<start]))
        return try? self.ready(material, at: now)
    }
}
