import RelayTunnels
import SeededRandom
import Testing

@Suite("Tunnels of proxy frames, with peers that come and go")
struct ProxyInterleavingTests {
    @Test("every byte arrives once and in order, within the window", arguments: 0..<24 as Range<UInt64>)
    func interleaved(seed: UInt64) {
        var walk = Walk(seed: seed)
        for _ in 0..<3_000 where !walk.isOver { walk.step() }
        walk.calmDown()
        for side in ProxyTunnel.Side.allCases {
            #expect(walk.peers[side]?.received == walk.peers[side.other]?.frames.count, "seed \(seed)")
        }
        #expect(walk.tunnel.phase == .closed(.finished), "seed \(seed)")
    }

    /// A peer as it should be: it keeps what is not acknowledged, and drops what it has.
    private struct Peer {
        let frames: [Int]
        var next = 0
        var acknowledged = 0
        var received = 0
        var isHere = true
        /// On its socket, on the way to the relay, and on the way to the peer.
        var toRelay: [Said] = []
        var toPeer: [Heard] = []
    }

    private enum Said {
        case frame(Int)
        case acknowledgement(Int)
    }

    private enum Heard {
        case frame(Int)
        case acknowledgement(Int)
        case resume(Int)
    }

    private struct Walk {
        static let window = 2_000
        var random: SeededGenerator
        var tunnel: ProxyTunnel
        var peers: [ProxyTunnel.Side: Peer]
        var isCalm = false

        init(seed: UInt64) {
            var random = SeededGenerator(seed: seed)
            self.peers = Dictionary(
                uniqueKeysWithValues: ProxyTunnel.Side.allCases.map { side in
                    let count = Int.random(in: 0...60, using: &random)
                    let frames = (0..<count).map { _ in Int.random(in: 1...900, using: &random) } + [0]
                    return (side, Peer(frames: frames))
                }
            )
            self.tunnel = ProxyTunnel(window: Self.window, rules: ProxyRules(window: Self.window))
            _ = self.tunnel.accept(window: Self.window, maxFrame: nil)
            self.random = random
        }

        var isOver: Bool { if case .closed = self.tunnel.phase { true } else { false } }

        mutating func step() {
            let side: ProxyTunnel.Side = self.random.chance(50) ? .opener : .target
            guard let peer = self.peers[side] else { return }
            guard peer.isHere else {
                if self.isCalm || self.random.chance(20) { self.comeBack(side) }
                return
            }
            switch Int.random(in: 0..<10, using: &self.random) {
            case 0 where !self.isCalm && self.random.chance(15): self.leave(side)
            case 0, 1, 2: self.send(side)
            case 3: self.say(.acknowledgement(peer.received), side)
            case 4, 5, 6: self.relay(side)
            default: self.hear(side)
            }
        }

        /// Lets everybody stay, until all has arrived.
        mutating func calmDown() {
            self.isCalm = true
            for _ in 0..<100_000 where !self.isOver { self.step() }
        }

        private mutating func send(_ side: ProxyTunnel.Side) {
            guard let peer = self.peers[side], peer.next < peer.frames.count else { return }
            // It leaves the window to the relay.
            if self.say(.frame(peer.next), side) { self.peers[side]?.next += 1 }
        }

        /// A socket takes so much and no more.
        @discardableResult
        private mutating func say(_ said: Said, _ side: ProxyTunnel.Side) -> Bool {
            guard let count = self.peers[side]?.toRelay.count, count < 12 else { return false }
            self.peers[side]?.toRelay.append(said)
            return true
        }

        private mutating func relay(_ side: ProxyTunnel.Side) {
            guard let peer = self.peers[side], let said = peer.toRelay.first else { return }
            switch said {
            case .frame(let number):
                switch self.tunnel.receive(UInt64(number), bytes: peer.frames[number], from: side) {
                case .deliver: self.peers[side.other]?.toPeer.append(.frame(number))
                case .hold: return self.takeAcknowledgement(side)
                case .passOver: break
                case .refuse, .close: Issue.record("frame \(number) of \(side) was not taken")
                }
                #expect(self.tunnel.flow(from: side).inFlight <= Self.window)
            case .acknowledgement(let number): self.acknowledge(number, side)
            }
            self.peers[side]?.toRelay.removeFirst()
        }

        /// A peer that outruns its window must have its acknowledgements heard: in truth it sends none before it has room.
        private mutating func takeAcknowledgement(_ side: ProxyTunnel.Side) {
            let index = self.peers[side]?.toRelay.firstIndex { if case .acknowledgement = $0 { true } else { false } }
            if let index { self.peers[side]?.toRelay.remove(at: index) }
            // What it says last is what it has.
            self.acknowledge(self.peers[side]?.received ?? 0, side)
        }

        private mutating func acknowledge(_ number: Int, _ side: ProxyTunnel.Side) {
            switch self.tunnel.acknowledge(UInt64(number), window: nil, by: side) {
            case .deliver, .close(.finished):
                if self.peers[side.other]?.isHere == true {
                    self.peers[side.other]?.toPeer.append(.acknowledgement(number))
                }
            case .hold, .passOver, .refuse, .close: Issue.record("acknowledgement \(number) of \(side) was not taken")
            }
        }

        private mutating func hear(_ side: ProxyTunnel.Side) {
            guard var peer = self.peers[side], !peer.toPeer.isEmpty else { return }
            switch peer.toPeer.removeFirst() {
            case .frame(let number):
                #expect(number <= peer.received, "a gap before \(number)")
                if number == peer.received { peer.received += 1 }
            case .acknowledgement(let number):
                peer.acknowledged = max(peer.acknowledged, number)
                peer.next = max(peer.next, peer.acknowledged)
            case .resume(let number): peer.next = max(number, peer.acknowledged)
            }
            self.peers[side] = peer
        }

        private mutating func leave(_ side: ProxyTunnel.Side) {
            self.tunnel.left(side)
            self.peers[side]?.isHere = false
            // Some of what it had sent was read by the relay, the rest is lost with the socket.
            self.peers[side]?.toRelay = []
            self.peers[side]?.toPeer = []
        }

        private mutating func comeBack(_ side: ProxyTunnel.Side) {
            guard let resumed = self.tunnel.returned(side) else { return }
            self.peers[side]?.isHere = true
            let acknowledged = self.peers[side]?.acknowledged ?? 0
            self.peers[side]?.next = max(Int(resumed.own), acknowledged)
            if self.peers[side.other]?.isHere == true {
                self.peers[side.other]?.toPeer.append(.resume(Int(resumed.others)))
            }
        }
    }
}
