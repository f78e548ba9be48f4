import NIOCore
import Testing

@testable import RelayCore
@testable import RelayServer

@Suite("Failing publishes in the log")
struct StoreTroubleLogTests {
    @Test("a line a second says why, and how many failed since the one before")
    func lines() {
        let lines = LoggedLines()
        let log = StoreTroubleLog(lines.logger)
        let full = StoreError(.full, "no room")
        for millisecond in 0..<2500 {
            log.failed(full, at: .uptimeNanoseconds(1_000_000_000) + .milliseconds(Int64(millisecond)))
        }
        #expect(lines.all.count == 3)
        for (line, count) in zip(lines.all, [1, 1_000, 1_000]) {
            #expect(
                line.contains("publishes fail") && line.contains("no room") && line.hasSuffix("publishes=\(count)\n")
            )
        }
    }

    @Test("publishes that fail by the store are told of with the cause, one by one and in bulk")
    func published() async throws {
        let topic = TopicKey(name: try #require(TopicName("t")))
        for isBulk in [false, true] {
            try await withRelayParts { parts, _, lines in
                let result = Result<Publication, BrokerError>.failure(.store(StoreError(.full, "the disk is full")))
                if isBulk {
                    parts.services.metrics.stored([.init(key: topic, result: result)], since: .now())
                } else {
                    parts.services.metrics.published(result)
                }
                #expect(lines.all.count == 1 && lines.all[0].contains("the disk is full"), "\(lines.all)")
            }
        }
    }
}
