import RelayWire
import Testing

@testable import RelaySessions

@Suite struct SessionByteBudgetTests {
    private static let other: SessionID = name("22222222-2222-4333-8444-555555555555")

    private func budget(session: Int, peer: Int) -> SessionByteBudget {
        var limits = SessionMessageLimits()
        (limits.sessionBytes, limits.peerBytes) = (session, peer)
        return SessionByteBudget(limits)
    }

    private func refusal(
        _ budget: SessionByteBudget,
        _ bytes: Int,
        of peer: PeerID,
        in session: SessionID = sid,
        at seconds: Int64
    ) -> SessionByteBudget.Refusal? {
        do throws(SessionByteBudget.Refusal) {
            try budget.take(bytes, of: peer, in: session, at: moment(seconds))
            return nil
        } catch {
            return error
        }
    }

    @Test("Half may come at once, the rest over the time, and what is refused does not count")
    func peer() {
        let budget = self.budget(session: 10_000, peer: 600)
        #expect(self.refusal(budget, 300, of: guest, at: 0) == nil)
        #expect(self.refusal(budget, 1, of: guest, at: 0) == .peer)
        #expect(self.refusal(budget, 300, of: observer, at: 0) == nil)
        #expect(self.refusal(budget, 300, of: guest, in: Self.other, at: 0) == nil)
        // 10 a second.
        #expect(self.refusal(budget, 11, of: guest, at: 1) == .peer)
        #expect(self.refusal(budget, 10, of: guest, at: 1) == nil)
        #expect(self.refusal(budget, 300, of: guest, at: 31) == nil)
        // A clock that is set back gives nothing away.
        #expect(self.refusal(budget, 1, of: guest, at: 0) == .peer)
    }

    @Test("In no 30 s there is more than the bound")
    func anyTime() {
        let budget = self.budget(session: 1 << 30, peer: 600)
        var taken: [(at: Int64, bytes: Int)] = []
        for second in 0..<200 as Range<Int64> {
            for bytes in [97, 41, 7, 1] where self.refusal(budget, bytes, of: guest, at: second) == nil {
                taken.append((second, bytes))
            }
            let held = taken.filter { $0.at > second - 30 }.reduce(0) { $0 + $1.bytes }
            #expect(held <= 600)
        }
        // Half at once, and most of 10 in each second.
        #expect(taken.reduce(0) { $0 + $1.bytes } > 300 + 199 * 7)
    }

    @Test("A session's peers share its bound, and another session's don't")
    func session() {
        let budget = self.budget(session: 200, peer: 10_000)
        #expect(self.refusal(budget, 60, of: guest, at: 0) == nil)
        #expect(self.refusal(budget, 40, of: observer, at: 0) == nil)
        #expect(self.refusal(budget, 1, of: host, at: 0) == .session)
        #expect(self.refusal(budget, 100, of: host, in: Self.other, at: 0) == nil)
    }

    @Test("Many sessions and peers that have said something come and go")
    func many() {
        let budget = self.budget(session: 1000, peer: 1000)
        for number in 0..<3000 as Range<Int64> {
            let peer: PeerID = name("peer-\(number)")
            #expect(self.refusal(budget, 400, of: peer, at: number * 60) == nil)
            #expect(self.refusal(budget, 400, of: peer, in: name("s-\(number)"), at: number * 60) == nil)
        }
    }
}
