import RelayCore
import RelayWire
import Testing

@testable import RelayStorage

@Suite("A batch with marked drafts")
struct MarkedBatchTests {
    @Test("it leaves another topic's claim alone for 35 ms in all, and a claim that has changed anew")
    func patience() {
        var draft = Draft.bytes(1)
        let key = IdempotencyKey(user: UserID("u"), route: "single", value: "k")
        draft.idempotency = IdempotencyMark(key: key, index: 0, total: 1, expiresAt: .at(600))
        var batch = MarkedBatch(.one(draft, to: .named("t")))
        for version in 1...2 as ClosedRange<Int64> {
            let claim = IdempotencyClaim(version: version, topic: .named("elsewhere"))
            var waited = Duration.zero
            while let wait = batch.wait(for: 0, claim), waited < .seconds(1) { waited += wait }
            #expect(waited == .milliseconds(35))
        }
    }
}
