import SeededRandom
import Testing

@testable import RelayServer

@Suite("Passes of relays for what a peer has at another")
struct NodePassTests {
    private static let tunnel = NodePass(node: "http://a:1", session: "s", claim: .tunnel("t", side: "opener"))
    private static let proxy = NodePass(node: "http://a:1", session: "s", claim: .proxy("t", peer: "opener"))
    private static let quic = NodePass(node: "http://a:1", session: "s", claim: .quic(to: "t", from: "opener"))
    private static let key = NodePassKey(secret: "0123456789abcdef0123456789abcdef")
    private static let number = NodePassNumber(high: 1, low: 2)
    private static let now: Int64 = 1_700_000_000_000

    private static func text(_ pass: NodePass = Self.tunnel) -> String {
        self.key.text(pass, at: self.now, self.number)
    }

    private func admits(_ text: String, _ pass: NodePass = Self.tunnel, at now: Int64 = Self.now) -> Bool {
        Self.key.number(of: text, for: pass, at: now) != nil
    }

    @Test("are good for what they are for, while they are in force, also where the other's clock is behind or ahead")
    func life() {
        for pass in [Self.tunnel, Self.proxy, Self.quic] {
            let text = Self.text(pass)
            #expect([-30_000, 0, 30_000].allSatisfy { self.admits(text, pass, at: Self.now + $0) })
            #expect([-30_001, 30_001].allSatisfy { !self.admits(text, pass, at: Self.now + $0) })
            #expect(Self.key.number(of: text, for: pass, at: Self.now) == Self.number)
        }
    }

    @Test(
        "are good for nothing else",
        arguments: [
            NodePass(node: "http://b:1", session: "s", claim: .tunnel("t", side: "opener")),
            NodePass(node: "http://a:1", session: "st", claim: .tunnel("", side: "opener")),
            NodePass(node: "http://a:1", session: "s", claim: .tunnel("u", side: "opener")),
            NodePass(node: "http://a:1", session: "s", claim: .tunnel("t", side: "target")),
            NodePass(node: "http://a:1", session: "s", claim: .proxy("t", peer: "opener")),
            NodePass(node: "http://a:1", session: "s", claim: .quic(to: "t", from: "opener")),
        ]
    )
    func others(pass: NodePass) {
        #expect(!self.admits(Self.text(), pass) && !self.admits(Self.text(pass)))
    }

    @Test("of another secret, changed in one character, cut or lengthened are none")
    func forged() {
        let text = Self.text()
        #expect(!self.admits(NodePassKey(secret: "another").text(Self.tunnel, at: Self.now, Self.number)))
        for place in text.indices {
            var changed = text
            changed.replaceSubrange(place...place, with: text[place] == "A" ? "B" : "A")
            #expect(!self.admits(changed))
            #expect(!self.admits(String(text[..<place])))
        }
        #expect(!self.admits(text + "A") && !self.admits(String(repeating: "A", count: 1 << 20)))
    }

    @Test("ask for a path that says the same, whatever a peer is called")
    func paths() {
        #expect(Self.tunnel.path == "/v1/node/tunnels/t?session_id=s&side=opener")
        let odd = NodePass(node: "http://a:1", session: "s", claim: .proxy("t", peer: "a&b =+%é"))
        #expect(odd.path == "/v1/node/proxies/t?session_id=s&peer_id=a%26b%20%3D%2B%25%C3%A9")
        let query = QueryItems(odd.path.split(separator: "?")[1])
        #expect(query.first("peer_id") == "a&b =+%é")
        let peers = NodePass(node: "http://a:1", session: "s", claim: .quic(to: "a&b", from: "c d"))
        #expect(peers.path == "/v1/node/quic?session_id=s&to_peer_id=a%26b&from_peer_id=c%20d")
    }

    @Test("are used once each, for as long as one could be in force")
    func once() {
        var used = UsedPasses()
        var generator = SeededGenerator(seed: 3)
        var inForce: [(NodePassNumber, until: Int64)] = []
        var now = Self.now
        for _ in 0..<2_000 {
            now += Int64.random(in: 0...400, using: &generator)
            let number = NodePassNumber.random(using: &generator)
            let isUsed = used.use(number, at: now)
            #expect(isUsed)
            inForce.append((number, now + UsedPasses.span))
            inForce.removeAll { $0.until <= now }
            if let old = inForce.randomElement(using: &generator) {
                let isUsedAgain = used.use(old.0, at: now)
                #expect(!isUsedAgain)
            }
        }
        #expect(used.count <= inForce.count * 3)
        // A clock that is set back keeps them the longer.
        let isUsedAgain = used.use(inForce[0].0, at: now - 1_000_000)
        #expect(!isUsedAgain)
    }

    @Test("that are used are a bounded number, beyond which none is")
    func bounded() {
        var used = UsedPasses()
        var generator = SeededGenerator(seed: 4)
        let first = NodePassNumber.random(using: &generator)
        let isFirst = used.use(first, at: Self.now)
        #expect(isFirst)
        func isUsed(at now: Int64) -> Bool { used.use(.random(using: &generator), at: now) }
        for _ in 1..<UsedPasses.most { #expect(isUsed(at: Self.now)) }
        #expect(!isUsed(at: Self.now))
        let later = Self.now + UsedPasses.span
        #expect(isUsed(at: later))
        let isUsedAgain = used.use(first, at: later)
        #expect(!isUsedAgain && used.count == UsedPasses.most + 1)
        #expect(isUsed(at: later + 2 * UsedPasses.span))
        #expect(used.count == 1)
    }
}
