import Foundation
import RelayWire
import Testing

@testable import RelayServer

@Suite("The certificate that connections are shown")
struct ServedCertificateTests {
    private static let now = Timestamp(microseconds: Int64(Date().timeIntervalSince1970) * 1_000_000)

    /// Looks twice, since files are read when two looks have found the same.
    private static func look(_ served: ServedCertificate, at moment: Timestamp = now) -> ServedCertificate.Outcome {
        let first = served.look(at: moment)
        return first == .unchanged ? served.look(at: moment) : first
    }

    @Test("A new pair takes the place of the one before, and is told once")
    func replaced() async throws {
        try await CertificateFolder.with { folder in
            let first = try folder.make(at: Self.now)
            let served = try ServedCertificate(folder.source, at: Self.now)
            #expect(served.facts.fingerprint == first)
            #expect(!served.facts.isSelfSigned)
            #expect(Self.look(served) == .unchanged)
            let second = try folder.make(at: Self.now)
            #expect(Self.look(served) == .replaced(served.facts))
            #expect(served.facts.fingerprint == second)
            #expect(first != second)
            #expect(Self.look(served) == .unchanged)
        }
    }

    @Test("A certificate whose key has not come is told once, and taken when the key comes")
    func keyBehind() async throws {
        try await CertificateFolder.with { folder in
            let first = try folder.make(at: Self.now)
            let served = try ServedCertificate(folder.source, at: Self.now)
            try folder.make(at: Self.now, puts: (true, false))
            #expect(Self.look(served) == .kept(CertificateProblem(.otherKey, folder.key)))
            #expect(Self.look(served) == .unchanged)
            #expect(served.facts.fingerprint == first)
            let last = try folder.make(at: Self.now)
            #expect(Self.look(served) == .replaced(served.facts))
            #expect(served.facts.fingerprint == last)
        }
    }

    @Test("Garbage, an empty file, a file that is gone and a missing key leave the one before")
    func useless() async throws {
        try await CertificateFolder.with { folder in
            let first = try folder.make(at: Self.now)
            let served = try ServedCertificate(folder.source, at: Self.now)
            try folder.write(
                "-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n",
                to: folder.certificate
            )
            #expect(Self.look(served) == .kept(CertificateProblem(.noCertificate, folder.certificate)))
            try folder.write("", to: folder.certificate)
            #expect(Self.look(served) == .kept(CertificateProblem(.noCertificate, folder.certificate)))
            try FileManager.default.removeItem(atPath: folder.certificate)
            guard case .kept(let problem) = Self.look(served), case .unreadable = problem.reason else {
                return #expect(Bool(false), "a file that is gone is told of")
            }
            try folder.make(at: Self.now)
            try folder.write("no key", to: folder.key)
            #expect(Self.look(served) == .kept(CertificateProblem(.noKey, folder.key)))
            #expect(served.facts.fingerprint == first)
        }
    }

    @Test("A certificate that has expired, or is not good yet, is not taken")
    func otherTimes() async throws {
        try await CertificateFolder.with { folder in
            try folder.make(at: Self.now)
            let served = try ServedCertificate(folder.source, at: Self.now)
            try folder.make(at: Self.now.adding(seconds: -91 * 86_400))
            #expect(Self.look(served) == .kept(CertificateProblem(.expired, folder.certificate)))
            try folder.make(at: Self.now.adding(seconds: 86_400))
            #expect(Self.look(served) == .kept(CertificateProblem(.notYetGood, folder.certificate)))
            #expect(throws: CertificateProblem(.notYetGood, folder.certificate)) {
                try ServedCertificate(folder.source, at: Self.now)
            }
        }
    }

    @Test("A file of authorities that is of no use is told of, and changes nothing")
    func authorities() async throws {
        try await CertificateFolder.with { folder in
            let first = try folder.make(at: Self.now)
            let path = "\(folder.path)/clients.pem"
            var source = folder.source
            source = CertificateSource(origin: source.origin, authorities: path)
            #expect(throws: CertificateProblem.self) { try ServedCertificate(source, at: Self.now) }
            try FileManager.default.copyItem(atPath: folder.certificate, toPath: path)
            let served = try ServedCertificate(source, at: Self.now)
            try folder.write("nothing", to: path)
            #expect(Self.look(served) == .kept(CertificateProblem(.noCertificate, path)))
            #expect(served.facts.fingerprint == first)
        }
    }

    @Test("The relay's own certificate is kept for itself to read, found again, and made anew near its end")
    func selfSigned() async throws {
        try await CertificateFolder.with { folder in
            let own = SelfSignedCertificate(in: folder.path, names: ["box", "localhost"])
            let source = CertificateSource(origin: .selfSigned(own), authorities: nil)
            let served = try ServedCertificate(source, at: Self.now)
            let first = served.facts
            #expect(first.isSelfSigned)
            #expect(first.ownFile == "\(folder.path)/tls-self-signed.crt")
            let attributes = try FileManager.default.attributesOfItem(atPath: "\(folder.path)/tls-self-signed.key")
            #expect(attributes[.posixPermissions] as? Int == 0o600)
            let again = try ServedCertificate(source, at: Self.now.adding(seconds: 59 * 86_400))
            #expect(again.facts == first)
            let due = Self.now.adding(seconds: 61 * 86_400)
            #expect(served.look(at: due) == .replaced(served.facts))
            #expect(served.facts != first)
            #expect(served.look(at: due) == .unchanged)
        }
    }

    @Test("A pair of which a crash has left one half is made anew")
    func halfAPair() async throws {
        try await CertificateFolder.with { folder in
            let own = SelfSignedCertificate(in: folder.path, names: [])
            let first = try own.load(authorities: nil, at: Self.now).facts
            try folder.make(at: Self.now)
            try FileManager.default.removeItem(atPath: "\(folder.path)/tls-self-signed.key")
            try FileManager.default.copyItem(atPath: folder.key, toPath: "\(folder.path)/tls-self-signed.key")
            let second = try own.load(authorities: nil, at: Self.now).facts
            #expect(second != first)
            #expect(try own.load(authorities: nil, at: Self.now).facts == second)
        }
    }

    @Test("One that is kept in no file stays the same for as long as the relay runs")
    func inMemory() throws {
        let own = SelfSignedCertificate(in: nil, names: [])
        let first = try own.load(authorities: nil, at: Self.now).facts
        #expect(try own.load(authorities: nil, at: Self.now).facts == first)
        #expect(first.ownFile == nil)
    }
}
