import NIOCore
import Testing

@testable import relay_bench

@Suite struct PresenceReadingTests {
    private func member(_ id: String) -> String {
        #"{"connection_id":"\#(id)","user":"u","data":{"name":"n"},"joined_at":"T","last_seen":"T"}"#
    }

    private func take(_ reading: inout PresenceReading, _ rest: String) -> PresenceReading.Frame {
        reading.take(
            ByteBuffer(string: #"{"type":"presence","action":"# + rest + #","users":1,"connections":1,"cursor":"c"}"#)
        )
    }

    @Test("Whoever was told the same in other steps knows the same")
    func agreement() {
        var one = PresenceReading()
        #expect(self.take(&one, #""sync","topic":"t","members":[\#(member("a")),\#(member("b"))]"#) == .report)
        #expect(one == PresenceReading(of: ["b", "a"]) && one.count == 2)
        #expect(self.take(&one, #""changes","topic":"t","joined":[\#(member("c"))],"left":["a","b"]"#) == .report)
        #expect(one == PresenceReading(of: ["c"]))
        #expect(self.take(&one, #""changes","topic":"t","left":["c"]"#) == .report)
        #expect(one == PresenceReading())
        #expect(self.take(&one, #""sync","topic":"t","members":[]"#) == .report)
        #expect(one == PresenceReading())
        #expect(self.take(&one, #""sync","topic":"t","members":[\#(member("d"))]"#) == .report)
        #expect(one != PresenceReading(of: ["a"]) && one == PresenceReading(of: ["d"]))
    }

    @Test("An answer to a join has the connection's id, and all else is nothing")
    func answers() {
        var reading = PresenceReading()
        let joined = #"{"type":"presence","action":"joined","id":1,"topic":"t","connection_id":"x1"}"#
        #expect(reading.take(ByteBuffer(string: joined)) == .joined("x1"))
        #expect(reading.take(ByteBuffer(string: #"{"type":"error"}"#)) == .other)
        #expect(reading == PresenceReading())
    }
}
