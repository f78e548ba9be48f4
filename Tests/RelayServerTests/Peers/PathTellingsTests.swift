import RelaySessions
import RelayWire
import Testing

@testable import RelayServer

@Suite("When a relay tells the others of paths")
struct PathTellingsTests {
    private static let session = SessionID("s")!
    private static func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    private static func isTold(_ tellings: inout PathTellings, at seconds: Int64, bytes: Int64, isTaken: Bool) -> Bool {
        !tellings.take(at: Self.at(seconds), bytes: { _ in bytes }, isTaken: { _ in isTaken }).isEmpty
    }

    @Test("once for each change, for bytes that have come, and now and again while a way is taken")
    func told() {
        var tellings = PathTellings()
        func told(_ seconds: Int64, _ bytes: Int64 = 0, isTaken: Bool = true) -> Bool {
            Self.isTold(&tellings, at: seconds, bytes: bytes, isTaken: isTaken)
        }
        let unknown = told(0)
        tellings.changed(Self.session)
        let changes = [told(1), told(2), told(3, 10), told(4, 10)]
        tellings.changed(Self.session)
        let again = [told(5, 10), told(24, 10), told(25, 10), told(26, 10), told(90, 10, isTaken: false)]
        tellings.forget(Self.session)
        let forgotten = told(200, 11)
        #expect(!unknown && changes == [true, false, true, false])
        #expect(again == [true, false, true, false, false])
        #expect(!forgotten)
    }

    @Test("a relay that is alone keeps no account of that")
    func alone() {
        for tells in [false, true] {
            var book = PathBook(tells: tells)
            let pair = PeerPair(PeerID("a")!, PeerID("b")!)!
            _ = book.opened(.tunnel, between: pair, in: Self.session, at: Self.at(1))
            let opened = book.takeSessionsToTellOf(at: Self.at(2))
            _ = book.ended(Self.session, at: Self.at(3))
            let ended = book.takeSessionsToTellOf(at: Self.at(4))
            #expect(opened == (tells ? [Self.session] : []) && ended == opened)
        }
    }
}
