import NIOCore
import RelayCore
import RelayWire
import Testing

@testable import RelaySessions

@Suite("What relays know together of the ways that peers take")
struct PathNewsTests {
    private static let (a, b, c) = (PeerID("a")!, PeerID("b")!, PeerID("c")!)
    private static let pair = PeerPair(b, a)!
    private static let all: Set<PeerID> = [a, b, c]

    private static func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    private static func path(_ mode: PathMode?, since: Int64, denied: Int64? = nil, _ usages: PathUsage...)
        -> PathSummary
    {
        PathSummary(
            pair: Self.pair,
            mode: mode,
            since: Self.at(since),
            reason: .opened,
            deniedAt: denied.map(Self.at),
            usages: usages
        )
    }

    private static func news(_ relay: String, at seconds: Int64 = 100, _ paths: PathSummary...) -> PathNews {
        PathNews(relay: relay, toldAt: Self.at(seconds), paths: paths)
    }

    private static func together(_ news: PathNews..., now: Int64 = 100, among peers: Set<PeerID> = all) -> [PathSummary]
    {
        PathNews.summaries(of: news, among: peers, at: Self.at(now))
    }

    private static func carried(_ up: Int64, _ down: Int64) -> PathUsage {
        PathUsage(mode: .tunnel, upward: up, downward: down, isVerified: true)
    }

    private static func said(_ up: Int64, _ down: Int64, at seconds: Int64) -> PathUsage {
        PathUsage(mode: .directUDP, upward: up, downward: down, isVerified: false, saidAt: Self.at(seconds))
    }

    @Test("bytes that relays have carried are added up, and of what peers say the last word counts")
    func bytes() {
        let one = Self.news("1", Self.path(.tunnel, since: 5, Self.carried(1, 2), Self.said(10, 0, at: 7)))
        let two = Self.news("2", Self.path(.tunnel, since: 6, Self.carried(40, 80), Self.said(3, 4, at: 8)))
        for together in [Self.together(one, two), Self.together(two, one)] {
            #expect(together.map(\.usages) == [[Self.said(3, 4, at: 8), Self.carried(41, 82)]])
            #expect(together[0].mode == .tunnel && together[0].since == Self.at(6))
        }
    }

    @Test(
        "a pair's way is the newest that a relay knows, whoever knows of none; but not after a peer has said that there is none"
    )
    func mode() {
        let tunnel = Self.news("1", Self.path(.tunnel, since: 5))
        let direct = Self.news("2", Self.path(.directUDP, since: 9))
        let closed = Self.news("1", Self.path(nil, since: 12))
        let denied = Self.news("3", Self.path(nil, since: 15, denied: 15))
        let again = Self.news("4", Self.path(.directTCP, since: 16))
        #expect(Self.together(tunnel, direct).map(\.mode) == [.directUDP])
        #expect(Self.together(closed, direct).map(\.mode) == [.directUDP])
        #expect(Self.together(closed, direct, denied).map(\.mode) == [nil])
        #expect(Self.together(tunnel, direct, denied).map(\.mode) == [.tunnel])
        #expect(Self.together(direct, denied, again).map(\.mode) == [.directTCP])
    }

    @Test(
        "of a relay that says nothing any more the bytes count on, and its ways do not; of peers that are gone nothing does"
    )
    func gone() {
        let old = Self.news("1", at: 100, Self.path(.tunnel, since: 5, Self.carried(1, 2)))
        #expect(Self.together(old, now: 160).map(\.mode) == [.tunnel])
        #expect(Self.together(old, now: 161).map(\.mode) == [nil])
        #expect(Self.together(old, now: 10_000).map(\.usages) == [[Self.carried(1, 2)]])
        #expect(Self.together(old, among: [Self.a, Self.c]).isEmpty)
    }

    @Test("news is the same after its way through a topic, where it takes its own place, and no peer gets it")
    func message() throws {
        let news = Self.news(
            "1f",
            PathSummary(
                pair: PeerPair(PeerID("\"ä")!, Self.a)!,
                mode: nil,
                since: Self.at(5),
                reason: .networkChange,
                roundTrip: 12,
                deniedAt: Self.at(6),
                usages: [Self.carried(1 << 60, 2), Self.said(3, 4, at: 8)]
            ),
            Self.path(.turn, since: 1)
        )
        func message(_ draft: Draft, sender: String? = nil) -> Message {
            Message(
                id: MessageID(milliseconds: 1, sequence: 0),
                timestamp: draft.timestamp,
                payload: draft.payload,
                metadata: nil,
                expiresAt: nil,
                audience: draft.audience,
                sender: sender
            )
        }
        let draft = news.draft
        let stored = message(draft)
        #expect(PathNews(stored) == news)
        #expect(PathNews(message(draft, sender: "a")) == nil)
        #expect(PathNews.key(nil, draft.audience, draft.payload) == "r/1f")
        #expect(PathNews.key("a", draft.audience, draft.payload) == nil)
        #expect(PathNews.key(nil, .everyone, draft.payload) == nil)
        #expect(draft.ttl == nil && Self.news("1").draft.ttl == 1)
        for peer in [nil, "a", "relays", ""] { #expect(!stored.isFor(peer)) }
        #expect(PeerID("\u{1}relays") == nil)
        // What another version may have written.
        for text in ["{}", #"{"relay":"x"}"#, #"{"relay":1,"told_at":1,"paths":[]}"#, "[]", ""] {
            #expect(
                PathNews(
                    message(
                        Draft(timestamp: Self.at(1), payload: ByteBuffer(string: text), audience: PathNews.audience)
                    )
                ) == nil
            )
        }
        let odd =
            #"{"relay":"x","told_at":1,"paths":[1,{},{"lower":"a","higher":"a"},{"lower":"a","higher":"b","mode":"pigeon"}]}"#
        let read = PathNews(
            message(Draft(timestamp: Self.at(1), payload: ByteBuffer(string: odd), audience: PathNews.audience))
        )
        #expect(read?.paths.map(\.pair) == [Self.pair] && read?.paths[0].mode == nil)
    }
}
