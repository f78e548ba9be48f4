import NIOCore
import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

@Suite("Candidates of peers")
struct PunchCandidateTests {
    private func read(_ json: String) -> PunchCandidate? {
        PunchCandidate.list(ByteBuffer(string: "[\(json)]"))?.first
    }

    @Test(
        "an attribute, an object of WebRTC's and one of the reference's say the same place",
        arguments: [
            #""candidate:1 1 UDP 1694498815 198.51.100.11 40000 typ srflx raddr 10.0.0.2 rport 40000""#,
            #""a=candidate:842163049 1 udp 1694498815 198.51.100.11 40000 typ srflx generation 0""#,
            #"{"candidate":"candidate:1 1 udp 1694498815 198.51.100.11 40000 typ srflx","sdpMid":"0","sdpMLineIndex":0}"#,
            #"{"ip":"198.51.100.11","port":40000,"proto":"udp","priority":1694498815,"candidate_type":"srflx"}"#,
        ]
    )
    func forms(json: String) throws {
        let candidate = try #require(self.read(json))
        #expect(candidate.host == .address(.v4(0xC633_640B)) && candidate.port == 40_000)
        #expect(candidate.transport == .udp && candidate.kind == .serverReflexive)
        #expect(candidate.priority == 1_694_498_815 && candidate.tcpType == nil && !candidate.isPrivate)
        var written = PayloadObject()
        candidate.write(into: &written)
        let text = String(buffer: written.finish())
        #expect(!text.contains("10.0.0.2"))
        #expect(self.read(text) == candidate)
    }

    @Test("TCP has its side, names and IPv6 are taken, a missing priority is that of its kind")
    func others() throws {
        let open = try #require(self.read(#""candidate:2 1 tcp 2105458943 192.0.2.1 9 typ host tcptype so""#))
        #expect(open.tcpType == .simultaneous && open.transport == .tcp)
        let name = try #require(self.read(#""candidate:2 1 udp 1 1b4d-2.local 9 typ host""#))
        #expect(name.host == .name("1b4d-2.local") && name.isPrivate)
        let plain = try #require(self.read(#"{"ip":"2001:db8::7","port":9}"#))
        #expect(plain.kind == .host && plain.priority == 126 << 24 | 65_535 << 8 | 255 && !plain.isPrivate)
    }

    @Test(
        "what is no candidate is refused",
        arguments: [
            "1", "null", "[]", "{}", #""""#, #""candidate:1 1 udp 1 192.0.2.1 9 typ""#,
            #""candidate:1 1 udp 1 192.0.2.1 9 typ x""#,
            #""candidate:1 1 udp 1 999.0.2.1 9 typ host""#, #""candidate:1 1 udp 1 192.0.2.1 70000 typ host""#,
            #""candidate:1 0 udp 1 192.0.2.1 9 typ host""#, #""candidate:1 1 sctp 1 192.0.2.1 9 typ host""#,
            #""candidate:1 1 udp -1 192.0.2.1 9 typ host""#, #""candidate: 1 udp 1 192.0.2.1 9 typ host""#,
            #""candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype y""#,
            #""candidate:1 1 udp 1 192.0.2.1 9 typ host raddr""#,
            #"{"ip":"10.0.0","port":9}"#, #"{"ip":"10.0.0.1","port":0}"#, #"{"ip":"10.0.0.1","port":9,"proto":"icmp"}"#,
            #"{"ip":"10.0.0.1"}"#, #"{"ip":"a b","port":9}"#, #"{"ip":"10.0.0.1","port":9,"candidate_type":"x"}"#,
            #"{"ip":"10.0.0.1","port":9,"priority":4294967296}"#, #"{"candidate":7}"#,
        ]
    )
    func refused(json: String) {
        #expect(PunchCandidate.list(ByteBuffer(string: "[\(json)]")) == nil)
    }

    @Test("a list holds 32 at most, and what is told of a peer 32 different ones")
    func limits() {
        func list(_ count: Int) -> ByteBuffer {
            let all = (1...count).map { #"{"ip":"192.0.2.1","port":\#($0)}"# }
            return ByteBuffer(string: "[\(all.joined(separator: ","))]")
        }
        #expect(PunchCandidate.list(list(32))?.count == 32)
        #expect(PunchCandidate.list(list(33)) == nil)
        var told = PunchCandidates()
        for _ in 0..<3 { told.add(PunchCandidate.list(list(20)) ?? []) }
        #expect(told.all.count == 20)
        told.add(PunchCandidate.list(list(32)) ?? [])
        #expect(told.all.count == 32)
    }

    @Test(
        "private addresses and names are told only to who is seen by the same public address, or where that is allowed"
    )
    func privacy() throws {
        func candidates(_ all: String...) throws -> PunchCandidates {
            var candidates = PunchCandidates()
            candidates.add(try all.map { try #require(self.read(#""candidate:1 1 udp 1 \#($0)""#)) })
            return candidates
        }
        let home = try candidates(
            "10.0.0.2 9 typ host",
            "x.local 9 typ host",
            "fe80::1 9 typ host",
            "198.51.100.1 9 typ srflx"
        )
        let neighbour = try candidates("10.0.0.3 9 typ host", "198.51.100.1 7 typ srflx")
        let stranger = try candidates("10.0.0.2 9 typ host", "198.51.100.2 9 typ srflx")
        // A server's address says nothing of where the peer is.
        let relayed = try candidates("198.51.100.1 50000 typ relay")
        #expect(home.told(to: neighbour, areNeighbours: true, sharesPrivate: false).count == 4)
        #expect(home.told(to: stranger, areNeighbours: true, sharesPrivate: false).map(\.kind) == [.serverReflexive])
        #expect(home.told(to: relayed, areNeighbours: true, sharesPrivate: false).map(\.kind) == [.serverReflexive])
        #expect(home.told(to: stranger, areNeighbours: false, sharesPrivate: true).count == 4)
        // Anybody can say that its address is another's.
        let liar = home.told(to: neighbour, areNeighbours: false, sharesPrivate: false)
        #expect(liar.map(\.kind) == [.serverReflexive])
        // As a relay on a private network sees its peers.
        let inside = try candidates("192.168.1.5 9 typ srflx")
        #expect(inside.told(to: stranger, areNeighbours: true, sharesPrivate: false).isEmpty)
        #expect(inside.told(to: stranger, areNeighbours: false, sharesPrivate: true).count == 1)
        #expect(inside.told(to: inside, areNeighbours: true, sharesPrivate: false).isEmpty)
    }

    @Test(
        "whatever kind a candidate says that it is, one into a private network is told to no stranger",
        arguments: ["srflx", "prflx", "relay", "host"]
    )
    func lies(kind: String) throws {
        let stranger = PunchCandidates()
        for address in [
            "10.1.2.3", "172.16.0.1", "192.168.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "::1", "fe80::1",
            "fd00::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1",
        ] {
            var told = PunchCandidates()
            told.add([try #require(self.read(#""candidate:1 1 udp 1 \#(address) 9 typ \#(kind)""#), "\(address)")])
            #expect(told.told(to: stranger, areNeighbours: true, sharesPrivate: false).isEmpty, "\(address)")
        }
    }

    @Test(
        "an address where nobody can be is none",
        arguments: [
            "224.0.0.1", "239.255.255.250", "255.255.255.255", "240.0.0.1", "0.0.0.0", "0.1.2.3", "ff02::1", "ff0e::1",
            "::", "::ffff:224.0.0.1", "::ffff:0.0.0.0",
        ]
    )
    func nowhere(address: String) {
        for kind in ["host", "srflx", "prflx", "relay"] {
            #expect(self.read(#""candidate:1 1 udp 1 \#(address) 9 typ \#(kind)""#) == nil)
            #expect(self.read(#"{"ip":"\#(address)","port":9,"candidate_type":"\#(kind)"}"#) == nil)
        }
    }

    @Test("whatever a candidate is made of, nothing traps", arguments: 0..<4 as Range<UInt64>)
    func fuzz(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let seeds = [
            #"["candidate:1 1 UDP 1694498815 198.51.100.11 40000 typ srflx raddr 10.0.0.2 rport 40000 tcptype so"]"#,
            #"[{"ip":"198.51.100.11","port":40000,"proto":"udp","priority":1694498815,"candidate_type":"srflx"}]"#,
        ]
        for _ in 0..<5_000 {
            var bytes = Array(seeds.randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: place)
                default: bytes.removeLast(bytes.count - place)
                }
            }
            for candidate in PunchCandidate.list(ByteBuffer(bytes: bytes)) ?? [] {
                var written = PayloadObject()
                candidate.write(into: &written)
                #expect(self.read(String(buffer: written.finish())) == candidate)
            }
        }
    }
}
