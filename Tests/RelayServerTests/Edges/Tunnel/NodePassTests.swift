import RelayTunnels
import Testing

@testable import RelayServer

@Suite("Passes of relays for ends of tunnels")
struct NodePassTests {
    private static let pass = NodePass(node: "http://a:1", session: "s", tunnel: "t", side: .opener)
    private static let key = NodePassKey(secret: "0123456789abcdef0123456789abcdef")
    private static let now: Int64 = 1_700_000_000_000

    private func admits(_ text: String, _ pass: NodePass = Self.pass, at now: Int64 = Self.now) -> Bool {
        Self.key.admits(text, for: pass, at: now)
    }

    @Test("are good for what they are for, while they are in force, also where the other's clock is behind or ahead")
    func life() {
        let text = Self.key.text(Self.pass, at: Self.now)
        #expect([-30_000, 0, 30_000].allSatisfy { self.admits(text, at: Self.now + $0) })
        #expect([-30_001, 30_001].allSatisfy { !self.admits(text, at: Self.now + $0) })
    }

    @Test(
        "are good for nothing else",
        arguments: [
            NodePass(node: "http://b:1", session: "s", tunnel: "t", side: .opener),
            NodePass(node: "http://a:1", session: "st", tunnel: "", side: .opener),
            NodePass(node: "http://a:1", session: "s", tunnel: "u", side: .opener),
            NodePass(node: "http://a:1", session: "s", tunnel: "t", side: .target),
        ]
    )
    func others(pass: NodePass) {
        #expect(!self.admits(Self.key.text(Self.pass, at: Self.now), pass))
    }

    @Test("of another secret, changed in one character, cut or lengthened are none")
    func forged() {
        let text = Self.key.text(Self.pass, at: Self.now)
        #expect(!self.admits(NodePassKey(secret: "another").text(Self.pass, at: Self.now)))
        for place in text.indices {
            var changed = text
            changed.replaceSubrange(place...place, with: text[place] == "A" ? "B" : "A")
            #expect(!self.admits(changed))
            #expect(!self.admits(String(text[..<place])))
        }
        #expect(!self.admits(text + "A") && !self.admits(String(repeating: "A", count: 1 << 20)))
    }
}
