import Testing

@testable import RelayClient

@Suite("Addresses of WebSockets")
struct WebSocketAddressTests {
    @Test("Rooms and parameters are appended as browsers do")
    func targets() throws {
        let base = try WebSocketAddress("ws://old.example:1234/base/?known=1%202")
        #expect(base.target == "/base?known=1%202")
        let room = base.appending(room: "a/b c%20é").appending(query: [("token", "x&y=z"), ("e", "")])
        #expect(room.target == "/base/a/b%20c%20%C3%A9?known=1%202&token=x%26y%3Dz&e=")
        #expect("\(room)" == "ws://old.example:1234/base/a/b%20c%20%C3%A9", "without what may be secret")
        #expect(try WebSocketAddress("wss://[::1]").target == "/")
        #expect(try "\(WebSocketAddress("wss://[::1]:443"))" == "wss://[::1]")
        #expect(try WebSocketAddress("ws://old").appending(query: [("a", "b")]).target == "/?a=b")
    }
}
