import RelayTunnels
import Testing

@Suite("A tunnel of proxy frames")
struct ProxyTunnelTests {
    @Test("takes no frame before it is accepted, nor after it is closed")
    func negotiation() {
        var tunnel = ProxyTunnel(window: nil, rules: ProxyRules())
        #expect(tunnel.receive(0, bytes: 1, from: .opener) == .refuse)
        #expect(tunnel.acknowledge(0, window: nil, by: .target) == .refuse)
        #expect(tunnel.accept(window: nil, maxFrame: nil)?.window == 1 << 20)
        #expect(tunnel.accept(window: nil, maxFrame: nil) == nil)
        #expect(tunnel.receive(0, bytes: 1, from: .opener) == .deliver)
        #expect(tunnel.close(.closed) == true)
        #expect(tunnel.close(.left) == false)
        #expect(tunnel.receive(1, bytes: 1, from: .opener) == .refuse)
        #expect(tunnel.phase == .closed(.closed))
    }

    @Test("rejected carries nothing")
    func rejected() {
        var tunnel = ProxyTunnel(window: nil, rules: ProxyRules())
        #expect(tunnel.close(.rejected) == true)
        #expect(tunnel.accept(window: nil, maxFrame: nil) == nil)
        #expect(tunnel.receive(0, bytes: 1, from: .target) == .refuse)
    }

    @Test("has in each direction the window of its receiver, no more than the rules allow")
    func windows() throws {
        var tunnel = ProxyTunnel(window: 300, rules: ProxyRules(window: 1_000, maxFrame: 500))
        let accepted = tunnel.accept(window: 5_000, maxFrame: 5_000)
        let terms = try #require(accepted)
        #expect(terms.window == 1_000 && terms.maxFrame == 500 && terms.startSequence == 0)
        #expect(tunnel.receive(0, bytes: 300, from: .target) == .deliver)
        #expect(tunnel.receive(1, bytes: 1, from: .target) == .hold)
        #expect(tunnel.receive(0, bytes: 500, from: .opener) == .deliver)
        #expect(tunnel.receive(1, bytes: 500, from: .opener) == .deliver)
        #expect(tunnel.receive(2, bytes: 1, from: .opener) == .hold)
    }

    @Test("is closed by a gap, a frame that is too large, or an acknowledgement of nothing, and says whose fault it is")
    func faults() {
        let faults: [(ProxyFault, (inout ProxyTunnel) -> ProxyTunnel.Decision)] = [
            (.sequence, { $0.receive(1, bytes: 1, from: .target) }),
            (.frameTooLarge, { $0.receive(0, bytes: 501, from: .target) }),
            (.acknowledgement, { $0.acknowledge(1, window: nil, by: .target) }),
        ]
        for (fault, commit) in faults {
            var tunnel = ProxyTunnel(window: nil, rules: ProxyRules(maxFrame: 500))
            _ = tunnel.accept(window: nil, maxFrame: nil)
            #expect(commit(&tunnel) == .close(.broken(fault, by: .target)))
            #expect(tunnel.receive(0, bytes: 1, from: .opener) == .refuse)
        }
    }

    @Test("is closed when both directions have ended and all is acknowledged, with the bytes of each counted")
    func finished() {
        var tunnel = ProxyTunnel(window: nil, rules: ProxyRules())
        _ = tunnel.accept(window: nil, maxFrame: nil)
        #expect(tunnel.receive(0, bytes: 7, from: .opener) == .deliver)
        #expect(tunnel.receive(1, bytes: 0, from: .opener) == .deliver)
        #expect(tunnel.acknowledge(2, window: nil, by: .target) == .deliver)
        #expect(tunnel.receive(0, bytes: 9, from: .target) == .deliver)
        #expect(tunnel.receive(1, bytes: 0, from: .target) == .deliver)
        #expect(tunnel.acknowledge(2, window: nil, by: .opener) == .close(.finished))
        #expect(tunnel.bytes(from: .opener) == 7 && tunnel.bytes(from: .target) == 9)
    }

    @Test("takes no more than a window for a peer that is away, and has it sent again when the peer is back")
    func away() throws {
        var tunnel = ProxyTunnel(window: nil, rules: ProxyRules(window: 1_000))
        _ = tunnel.accept(window: nil, maxFrame: nil)
        #expect(tunnel.receive(0, bytes: 500, from: .opener) == .deliver)
        tunnel.left(.target)
        #expect(tunnel.receive(1, bytes: 500, from: .opener) == .passOver)
        #expect(tunnel.receive(2, bytes: 500, from: .opener) == .hold)
        let returned = tunnel.returned(.target)
        let resumed = try #require(returned)
        #expect(resumed.own == 0 && resumed.others == 0)
        #expect(tunnel.receive(0, bytes: 500, from: .opener) == .deliver)
        #expect(tunnel.receive(1, bytes: 500, from: .opener) == .deliver)
        #expect(tunnel.bytes(from: .opener) == 1_500)
    }

    @Test("a loss that is over says nothing of the next one")
    func losses() {
        var tunnel = ProxyTunnel(window: nil, rules: ProxyRules())
        _ = tunnel.accept(window: nil, maxFrame: nil)
        let first = tunnel.left(.target)
        #expect(tunnel.isAway(since: first))
        _ = tunnel.returned(.target)
        #expect(!tunnel.isAway(since: first))
        let second = tunnel.left(.target)
        #expect(tunnel.isAway(since: second) && !tunnel.isAway(since: first))
        #expect(tunnel.left(.opener) != second)
    }
}
