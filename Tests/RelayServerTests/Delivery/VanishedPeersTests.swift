import NIOCore
import Testing

@testable import RelayServer

@Suite("Peers that have vanished")
struct VanishedPeersTests {
    /// Looks at one peer.
    private final class Looks {
        private var peers: VanishedPeers

        init(bound: TimeAmount) {
            self.peers = VanishedPeers(bound: bound)
        }

        func find(_ signs: PeerSigns, _ now: NIODeadline) -> Bool {
            self.peers.looked(at: ObjectIdentifier(self), signs, now)
        }

        func forget() { self.peers.forget(ObjectIdentifier(self)) }
    }

    private func at(_ seconds: Int64) -> NIODeadline { .uptimeNanoseconds(0) + .seconds(seconds) }

    private func signs(asked: Bool, silence seconds: Int64) -> PeerSigns {
        PeerSigns(owesAnswer: asked, silence: .seconds(seconds))
    }

    @Test("one that owes an answer is gone once it has been silent for the bound")
    func gone() {
        let peers = Looks(bound: .seconds(60))
        for second in stride(from: 100, to: 155, by: 5) as StrideTo<Int64> {
            #expect(!peers.find(self.signs(asked: true, silence: second - 96), self.at(second)))
        }
        #expect(peers.find(self.signs(asked: true, silence: 60), self.at(156)))
    }

    @Test("one that was asked a moment ago has time to answer, however long it was silent before")
    func justAsked() {
        let peers = Looks(bound: .seconds(60))
        #expect(!peers.find(self.signs(asked: true, silence: 110), self.at(1_000)))
        #expect(!peers.find(self.signs(asked: true, silence: 115), self.at(1_005)))
        #expect(peers.find(self.signs(asked: true, silence: 120), self.at(1_010)))
    }

    @Test("one that pauses answers each probe of its window, and stays")
    func pausing() {
        let peers = Looks(bound: .seconds(60))
        for second in 0..<3_000 as Range<Int64> {
            // Probes are two minutes apart by then, and some are seen on their way.
            let silence = second % 120
            #expect(!peers.find(self.signs(asked: silence == 119, silence: silence), self.at(second)))
        }
    }

    @Test("an answer between two looks counts, and so does a connection of the same identity that comes later")
    func answered() {
        let peers = Looks(bound: .seconds(6))
        #expect(!peers.find(self.signs(asked: true, silence: 5), self.at(100)))
        #expect(!peers.find(self.signs(asked: true, silence: 7), self.at(110)))
        #expect(peers.find(self.signs(asked: true, silence: 9), self.at(112)))
        peers.forget()
        #expect(!peers.find(self.signs(asked: true, silence: 9), self.at(112)))
    }

    @Test("only those that owed an answer at the last look are suspects, which are looked at often")
    func suspects() {
        let (first, second) = (Looks(bound: .seconds(6)), Looks(bound: .seconds(6)))
        var peers = VanishedPeers(bound: .seconds(6))
        _ = peers.looked(at: ObjectIdentifier(first), self.signs(asked: true, silence: 1), self.at(10))
        _ = peers.looked(at: ObjectIdentifier(second), self.signs(asked: false, silence: 9), self.at(10))
        #expect(peers.suspects == [ObjectIdentifier(first)])
        _ = peers.looked(at: ObjectIdentifier(first), self.signs(asked: false, silence: 0), self.at(11))
        #expect(peers.suspects.isEmpty)
    }

    @Test(
        "a peer that was silent from right after a look on is gone a quarter of the bound after the bound, at the latest"
    )
    func latest() {
        for bound in [6, 7, 13, 60, 3_600] as [Int64] {
            var peers = VanishedPeers(bound: .seconds(bound))
            let id = ObjectIdentifier(self.owner)
            var second: Int64 = 0
            var isGone = false
            while !isGone, second < 2 * bound {
                second += 1
                let every = peers.suspects.isEmpty ? peers.lookEvery : peers.lookAtSuspectsEvery
                guard second % Int64(every) == 0 else { continue }
                isGone = peers.looked(at: id, self.signs(asked: true, silence: second), self.at(second))
            }
            #expect(isGone && second >= bound && second <= bound + max(2, bound / 4), "\(bound): \(second)")
        }
    }

    private let owner = Looks(bound: .seconds(6))

    @Test(
        "looks are three quarters of the bound apart, at a suspect a twelfth, and TCP asks a quiet peer three times in half of it"
    )
    func rates() {
        let (long, short) = (VanishedPeers(bound: .seconds(60)), VanishedPeers(bound: .seconds(6)))
        #expect((long.lookEvery, long.lookAtSuspectsEvery) == (45, 5))
        #expect((short.lookEvery, short.lookAtSuspectsEvery) == (4, 1))
        #expect(SocketKeepAlive.listenerOptions(within: .seconds(60)).map(\.value) == [1, 30, 10, 3])
        #expect(SocketKeepAlive.listenerOptions(within: .seconds(6)).map(\.value) == [1, 3, 1, 3])
    }
}
