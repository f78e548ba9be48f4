import Testing

@testable import relay_bench

@Suite struct RedisBenchmarkReportTests {
    private static let titles = #""test","rps","avg_latency_ms","min_latency_ms""#

    @Test("The rate is what stands below rps, whatever the command holds and whatever is printed before")
    func rate() {
        let line = #""XADD a,b * p {,} t 12","81967.21","0.389","0.112""#
        #expect(RedisBenchmarkReport(csv: Self.titles + "\n" + line + "\n")?.rate == 81967.21)
        let noisy = "WARNING: Could not fetch server CONFIG\n\n" + Self.titles + "\r\n" + line
        #expect(RedisBenchmarkReport(csv: noisy)?.rate == 81967.21)
    }

    @Test(
        "What says no rate gives none",
        arguments: [
            "", "Could not connect to Redis at 127.0.0.1:1: Connection refused", Self.titles,
            Self.titles + "\n" + #""XADD""#, Self.titles + "\n" + #""XADD","fast""#,
            #""test","latency""# + "\n" + #""XADD","5""#,
        ]
    )
    func nonsense(output: String) {
        #expect(RedisBenchmarkReport(csv: output) == nil)
    }
}
