import RelayTunnels
import Testing

@Suite("The bandwidths of sessions")
struct SessionBandwidthsTests {
    @Test("all who use a session share one, and a session that nobody uses is forgotten")
    func shared() {
        let sessions = SessionBandwidths(bytesPerSecond: 1_000)
        let held = sessions["a"]
        #expect(sessions["a"] === held)
        for number in 0..<1_000 { _ = sessions[String(number)] }
        #expect(sessions["a"] === held)
        #expect(sessions.count <= 64)
    }
}
