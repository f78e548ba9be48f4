import RelayCore
import Testing

@testable import RelayServer

@Suite("Shares of what the relay sends")
struct OutgoingSharesTests {
    /// As many as find room, up to 100.
    private static func enter(_ shares: inout OutgoingShares, _ owner: UserID?) -> Int {
        var entered = 0
        for _ in 0..<100 where shares.enter(owner) { entered += 1 }
        return entered
    }

    @Test("a user has a quarter, four users and the relay all there is")
    func quarter() {
        var shares = OutgoingShares(most: 16)
        let first = Self.enter(&shares, UserID("a"))
        let others = ["b", "c"].map { Self.enter(&shares, UserID($0)) }
        let own = Self.enter(&shares, nil)
        let late = Self.enter(&shares, UserID("d"))
        #expect(first == 4 && others == [4, 4] && own == 4 && late == 0)
        for _ in 0..<4 { shares.leave(UserID("a")) }
        let next = Self.enter(&shares, UserID("d"))
        #expect(next == 4)
    }

    @Test("of very few each user has one")
    func few() {
        var shares = OutgoingShares(most: 3)
        let entered = ["a", "b", "c", "d"].map { Self.enter(&shares, UserID($0)) }
        #expect(entered == [1, 1, 1, 0])
    }
}
