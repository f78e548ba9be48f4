import NIOCore
import Testing

@testable import RelayServer

@Suite("When an issuer's keys are fetched")
struct KeyFreshnessTests {
    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(1_000_000_000_000) + .seconds(seconds) }

    @Test(
        "follows what the issuer says, within bounds",
        arguments: [(nil, 600), (3_600, 3_600), (0, 60), (59, 60), (-1, 60), (1 << 40, 86_400)] as [(Int64?, Int64)]
    )
    func maxAge(said: Int64?, life: Int64) {
        var freshness = KeyFreshness()
        #expect(freshness.step(at: self.at(0), isForced: false) == .fetch)
        freshness.succeeded(at: self.at(0), maxAge: said)
        #expect(freshness.step(at: self.at(life - 1), isForced: false) == .use)
        #expect(freshness.step(at: self.at(life), isForced: false) == .fetch)
    }

    @Test("is sooner for a token that does not fit, and not for each of many")
    func forced() {
        var freshness = KeyFreshness()
        freshness.succeeded(at: self.at(0), maxAge: nil)
        #expect(freshness.step(at: self.at(1), isForced: true) == .fetch)
        freshness.forced(at: self.at(1))
        freshness.succeeded(at: self.at(1), maxAge: nil)
        for second in [1, 2, 30] as [Int64] { #expect(freshness.step(at: self.at(second), isForced: true) == .use) }
        #expect(freshness.step(at: self.at(31), isForced: true) == .fetch)
    }

    @Test("is not tried again at once where the issuer does not answer, and keys that serve go on")
    func failures() {
        var freshness = KeyFreshness()
        freshness.failed(at: self.at(0))
        #expect(freshness.step(at: self.at(4), isForced: false) == .fail)
        #expect(freshness.step(at: self.at(5), isForced: false) == .fetch)
        freshness.succeeded(at: self.at(5), maxAge: 60)
        freshness.failed(at: self.at(40))
        #expect(freshness.step(at: self.at(41), isForced: false) == .use)
        #expect(freshness.step(at: self.at(41), isForced: true) == .use)
        #expect(freshness.step(at: self.at(65), isForced: false) == .fetch)
    }
}
