import NIOCore
import Testing

@testable import relay_bench

@Suite struct PayloadTests {
    @Test("Payloads have the size that is asked for", arguments: [36, 64, 60_000])
    func sizes(size: Int) {
        #expect(Payload.plain(size: size).utf8.count == size)
        #expect(Payload.stamped(size: size).utf8.count == size)
    }

    @Test("A stamp is found in a message, and not in one without")
    func stamps() throws {
        let message = ByteBuffer(string: #"{"type":"message","payload":"# + Payload.stamped(size: 64) + "}")
        let age = try #require(LatencyStamp.age(in: message))
        #expect((0..<60_000_000_000).contains(age))
        #expect(LatencyStamp.age(in: ByteBuffer(string: Payload.plain(size: 64))) == nil)
        #expect(LatencyStamp.age(in: ByteBuffer(string: "@1795251363585")) == nil)
    }

    @Test("The 99th percentile is the sample below which 99 of 100 lie")
    func percentiles() {
        var latencies = Latencies()
        for microseconds in (1...101).reversed() {
            latencies.add(Int64(microseconds) * 1000)
        }
        #expect(latencies.percentile(0.99) == 100)
        #expect(Latencies().percentile(0.99) == nil)
    }
}
