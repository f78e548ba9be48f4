import Foundation
import NIOSSL
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("The certificate of the QUIC relay")
struct ShortLivedCertificatesTests {
    private static let day: Int64 = 86_400
    private static let start = Timestamp(microseconds: 1_800_000_000_000_000)

    private static func days(_ count: Int64) -> Timestamp { Self.start.adding(seconds: count * self.day) }

    private static func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "quic-certificates-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try body(folder.path)
    }

    @Test("says by their ages what is to be done")
    func steps() {
        typealias Step = ShortLivedCertificates.Step
        let end = Self.days(13)
        #expect(Step(at: Self.days(0), shown: nil, next: nil) == .make)
        #expect(Step(at: Self.days(9), shown: end, next: nil) == .nothing)
        #expect(Step(at: Self.days(10), shown: end, next: nil) == .makeNext)
        #expect(Step(at: Self.days(10), shown: end, next: Self.days(23)) == .nothing)
        #expect(Step(at: Self.days(11), shown: end, next: Self.days(23)) == .showNext)
        #expect(Step(at: Self.days(13), shown: end, next: Self.days(23)) == .showNext)
        #expect(Step(at: Self.days(13), shown: end, next: nil) == .make)
    }

    @Test("is good for less than the 14 days that browsers allow, and names the machine")
    func life() throws {
        let certificates = try ShortLivedCertificates(in: nil, names: ["box", "192.0.2.7"], at: Self.start)
        let facts = certificates.shown.facts
        #expect(facts.notAfter == Self.days(13))
        #expect(facts.notAfter.microseconds - facts.notBefore.microseconds < 14 * Self.day * 1_000_000)
        #expect(certificates.digests == [facts.fingerprint])
        let names = certificates.shown.chain[0]._subjectAlternativeNames().map { Data($0.contents) }
        #expect(names.contains(Data("box".utf8)) && names.contains(Data([192, 0, 2, 7])))
        #expect(names.contains(Data("localhost".utf8)) && names.contains(Data([127, 0, 0, 1])))
    }

    @Test("is told a day before it is shown")
    func renewal() throws {
        let certificates = try ShortLivedCertificates(in: nil, names: [], at: Self.start)
        let first = certificates.shown.facts.fingerprint
        let isOther = try certificates.look(at: Self.days(10))
        #expect(!isOther && certificates.digests.count == 2 && certificates.digests[0] == first)
        let next = certificates.digests[1]
        let isShown = try certificates.look(at: Self.days(11))
        #expect(isShown && certificates.digests == [next])
    }

    @Test("is kept over restarts, the next one too, by a key that nobody else reads")
    func kept() throws {
        try Self.inFolder { folder in
            let before = try ShortLivedCertificates(in: folder, names: [], at: Self.start)
            _ = try before.look(at: Self.days(10))
            let after = try ShortLivedCertificates(in: folder, names: [], at: Self.days(10))
            #expect(after.digests == before.digests && after.digests.count == 2)
            let later = try ShortLivedCertificates(in: folder, names: [], at: Self.days(12))
            #expect(later.digests == [before.digests[1]])
            let muchLater = try ShortLivedCertificates(in: folder, names: [], at: Self.days(40))
            #expect(!before.digests.contains(muchLater.shown.facts.fingerprint))
            let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/quic-shown.pem")[.posixPermissions]
            #expect(mode as? Int == 0o600)
        }
    }

    @Test("is made anew where what is kept can't be read")
    func broken() throws {
        try Self.inFolder { folder in
            try Data("nonsense".utf8).write(to: URL(filePath: "\(folder)/quic-shown.pem"))
            let certificates = try ShortLivedCertificates(in: folder, names: [], at: Self.start)
            #expect(certificates.shown.facts.notAfter == Self.days(13))
        }
    }
}
