import RelayClient
import Testing

@testable import RelayCommands

@Suite("What sessions and tunnels say to people")
struct SessionLineTests {
    private static func message(_ payload: JSONDocument, from sender: String? = nil) -> RelayMessage {
        RelayMessage(topic: "session/s", messageID: "1-0", payload: payload, timestamp: "T", sender: sender)
    }

    @Test(
        "A line says who did what",
        arguments: [
            (["type": "chat_message", "text": "hello"], "bob", "T bob: hello"),
            (
                ["type": "offer", "to_peer_id": "alice", "sdp": "v=0"], "bob",
                #"T bob to alice offer {"type":"offer","to_peer_id":"alice","sdp":"v=0"}"#
            ),
            (["note": 1], "bob", #"T bob message {"note":1}"#),
            (["type": "peer_joined", "peer_id": "bob", "role": "editor"], nil, "T bob joined as editor"),
            (["type": "peer_left", "peer_id": "bob", "reason": "lost"], nil, "T bob left (lost)"),
            (
                ["type": "session_state", "state": "closing", "reason": "user_requested"], nil,
                "T session is closing (user_requested)"
            ),
            (["type": "host_changed", "host_peer_id": .null, "reason": "left"], nil, "T host is nobody (left)"),
            (
                ["type": "tunnel_closed", "from_peer_id": "a", "to_peer_id": "b", "reason": "rejected"], nil,
                "T tunnel from a to b closed (rejected)"
            ),
            (["type": "novelty"], nil, #"T {"type":"novelty"}"#),
        ] as [(JSONDocument, String?, String)]
    )
    func lines(payload: JSONDocument, sender: String?, line: String) {
        #expect(SessionLine.text(Self.message(payload, from: sender)) == line)
    }

    @Test("With --json the sender is told, and only where there is one")
    func json() {
        let line = OutputFormat.json.line(Self.message(["type": "chat"], from: "bob"))
        #expect(line.hasSuffix(#""metadata":{},"sender":"bob"}"#))
        #expect(!OutputFormat.json.line(Self.message(["type": "chat"])).contains("sender"))
    }

    @Test("Of tunnels only the relay's word counts")
    func news() {
        let request: JSONDocument = ["type": "tunnel_requested", "tunnel_id": "7", "from_peer_id": "guest"]
        #expect(TunnelNews(Self.message(request)) == .requested(tunnelID: "7", by: "guest"))
        #expect(TunnelNews(Self.message(request, from: "guest")) == nil)
        #expect(TunnelNews(Self.message(["type": "tunnel_accepted", "tunnel_id": "7"])) == .accepted(tunnelID: "7"))
        #expect(TunnelNews(Self.message(["type": "tunnel_accepted"])) == nil)
        #expect(TunnelNews(Self.message(["type": "session_state", "state": "active"])) == nil)
        #expect(
            TunnelNews(Self.message(["type": "session_state", "state": "closing"])) == .notice("the session is closing")
        )
    }

    @Test("An answer is heard whether it comes before or after somebody waits for it", .timeLimit(.minutes(1)))
    func desk() async throws {
        let desk = TunnelDesk()
        desk.told(.refused(reason: "rejected"), of: "early")
        #expect(try await desk.answer(to: "early") == .refused(reason: "rejected"))
        async let late = desk.answer(to: "late")
        for number in 0..<1000 { desk.told(.accepted, of: "other-\(number)") }
        desk.told(.accepted, of: "late")
        #expect(try await late == .accepted)
    }

    @Test("The line of a transfer has sizes for people, and is there while something passes")
    func traffic() {
        var line = TrafficLine()
        #expect(line.line(sent: 0, received: 0, open: 1, seconds: 1) == nil)
        #expect(
            line.line(sent: 1_572_864, received: 100, open: 1, seconds: 2)
                == "1 connection, 1.5 MiB sent, 100 B received, 768.0 KiB/s"
        )
        #expect(line.line(sent: 1_572_864, received: 100, open: 1, seconds: 1) == nil)
        #expect(TrafficLine.size(1_047_527_424) == "999.0 MiB")
        #expect(TrafficLine.size(5 << 40) == "5.0 TiB")
    }
}
