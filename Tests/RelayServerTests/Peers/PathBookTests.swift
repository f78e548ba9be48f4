import RelayMetrics
import RelaySessions
import RelayWire
import SeededRandom
import Testing

@testable import RelayServer

@Suite("Ways that peers take to each other")
struct PathBookTests {
    private static func peer(_ text: String) -> PeerID { PeerID(text)! }
    private static let (a, b, c) = (peer("a"), peer("b"), peer("c"))
    private static let session = SessionID("s")!
    private static let pair = PeerPair(b, a)!
    private static func at(_ seconds: Int64) -> Timestamp { Timestamp(microseconds: seconds * 1_000_000) }

    @Test("what the relay carries is a pair's way until it has a better one, and none once it is closed")
    func carried() {
        var book = PathBook()
        #expect(Self.pair.lower == Self.a && PeerPair(Self.a, Self.a) == nil)
        let account = book.account(of: Self.pair, in: Self.session, by: .tunnel, at: Self.at(1))
        #expect(book.account(of: Self.pair, in: Self.session, by: .tunnel, at: Self.at(1)) === account)
        let opened = book.opened(.tunnel, between: Self.pair, in: Self.session, at: Self.at(1))
        #expect(opened?.from == nil && opened?.to == .tunnel && opened?.reason == .opened && opened?.isQuick == false)
        #expect(account != nil)
        #expect(book.opened(.tunnel, between: Self.pair, in: Self.session, at: Self.at(2)) == nil)
        #expect(book.closed(.tunnel, between: Self.pair, in: Self.session, at: Self.at(3)) == nil)
        let punched = book.punched(.directUDP, between: Self.pair, in: Self.session, at: Self.at(4))
        #expect(punched?.from == .tunnel && punched?.reason == .punched)
        #expect(book.current[.tunnel] == 0 && book.current[.directUDP] == 1)
        // The direct way is lost: what the relay still carries is said by whoever takes it.
        let lost = book.reported(
            PathReport(mode: .tunnel, reason: .lost),
            by: Self.a,
            of: Self.pair,
            in: Self.session,
            at: Self.at(9)
        )
        #expect(lost.change?.to == .tunnel && lost.change?.reason == .lost)
        let closed = book.closed(.tunnel, between: Self.pair, in: Self.session, at: Self.at(10))
        #expect(closed != nil && closed?.to == nil && closed?.reason == .closed)
        #expect(book.closed(.tunnel, between: Self.pair, in: Self.session, at: Self.at(11)) == nil)
    }

    @Test("what peers say of bytes counts as unverified, the newest word of each, and only for direct ways")
    func reported() {
        var book = PathBook()
        func report(_ peer: PeerID, _ sent: Int64?, _ received: Int64? = nil, _ mode: PathMode = .directUDP) -> Int64 {
            let report = PathReport(
                mode: mode,
                reason: .upgrade,
                bytesSent: sent,
                bytesReceived: received,
                roundTrip: 20
            )
            return book.reported(report, by: peer, of: Self.pair, in: Self.session, at: Self.at(1)).more
        }
        #expect(report(Self.a, 100, 7) == 100)
        #expect(report(Self.a, 150) == 50)
        #expect(report(Self.b, 9) == 2)
        #expect(report(Self.a, 20) == 20)
        #expect(report(Self.a, 1_000, nil, .turn) == 0)
        let summary = book.summaries(of: Self.session)
        #expect(summary.map(\.pair) == [Self.pair] && summary[0].mode == .turn && summary[0].roundTrip == 20)
        #expect(
            summary[0].usages == [
                PathUsage(mode: .directUDP, upward: 20, downward: 9, isVerified: false, saidAt: Self.at(1))
            ]
        )
    }

    @Test("a session has so many pairs, the relay so many in all, and what ends makes room")
    func limits() {
        var book = PathBook(limit: 300)
        for number in 0..<PathBook.pairsOfSession + 5 {
            _ = book.punched(
                .directUDP,
                between: PeerPair(Self.a, Self.peer("p\(number)"))!,
                in: Self.session,
                at: Self.at(1)
            )
        }
        #expect(book.count == PathBook.pairsOfSession)
        for number in 0..<100 {
            _ = book.punched(.directTCP, between: Self.pair, in: SessionID("t\(number)")!, at: Self.at(1))
        }
        #expect(book.count == 300)
        #expect(book.left(Self.peer("p3"), Self.session, at: Self.at(2)).count == 1)
        #expect(book.keep([Self.a, Self.peer("p1"), Self.peer("p2")], in: Self.session, at: Self.at(2)).count == 253)
        #expect(book.ended(Self.session, at: Self.at(3)).count == 2)
        #expect(book.current[.directUDP] == 0 && book.current[.directTCP] == 44 && book.count == 44)
    }

    @Test("a change right after another is quick, and the next is not")
    func quick() {
        var book = PathBook()
        _ = book.punched(.directUDP, between: Self.pair, in: Self.session, at: Self.at(10))
        let second = book.punched(.directTCP, between: Self.pair, in: Self.session, at: Self.at(10))
        #expect(second?.isQuick == true)
        let third = book.punched(.directUDP, between: Self.pair, in: Self.session, at: Self.at(11))
        #expect(third?.isQuick == false)
    }

    @Test("whatever happens in whatever order, the counts are those of the pairs", arguments: 0..<8 as Range<UInt64>)
    func walk(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var book = PathBook(limit: 20)
        let peers = (0..<5).map { Self.peer("p\($0)") }
        let sessions = ["s", "t", "u"].map { SessionID($0)! }
        for step in 0..<3_000 {
            let session = sessions.randomElement(using: &random)!
            let mode = PathMode.allCases.randomElement(using: &random)!
            let peer = peers.randomElement(using: &random)!
            guard let pair = PeerPair(peer, peers.randomElement(using: &random)!) else { continue }
            let now = Self.at(Int64(step))
            switch Int.random(in: 0..<8, using: &random) {
            case 0: _ = book.account(of: pair, in: session, by: mode, at: now)
            case 1, 2: _ = book.opened(mode, between: pair, in: session, at: now)
            case 3: _ = book.closed(mode, between: pair, in: session, at: now)
            case 4: _ = book.punched(mode, between: pair, in: session, at: now)
            case 5:
                let report = PathReport(mode: Bool.random(using: &random) ? mode : nil, reason: .other, bytesSent: 5)
                _ = book.reported(report, by: peer, of: pair, in: session, at: now)
            case 6: _ = book.left(peer, session, at: now)
            default:
                if Int.random(in: 0..<20, using: &random) == 0 { _ = book.ended(session, at: now) }
            }
            let summaries = sessions.flatMap { book.summaries(of: $0) }
            #expect(summaries.count == book.count && book.count <= 20)
            for mode in PathMode.allCases {
                #expect(book.current[mode, default: 0] == summaries.count { $0.mode == mode })
            }
        }
    }

    @Test("each change of a way is a line of the log that says why, but not one right after another")
    func logged() throws {
        let lines = LoggedLines()
        let registry = PrometheusRegistry(descriptions: RelayMetric.descriptions(maxTopics: 0))
        let metrics = PathMetrics(factory: PrometheusMetricsFactory(registry: registry))
        let ledger = PathLedger(metrics: metrics, now: { Self.at(10) }, logger: lines.logger)
        let use = ledger.use(.tunnel, from: Self.b, to: Self.a, in: Self.session)
        use?.opened()
        use?.carried(7)
        ledger.punched(.directUDP, by: Self.a, to: Self.b, in: Self.session)
        ledger.reported(PathReport(mode: nil, reason: .lost), by: Self.a, to: Self.b, in: Self.session)
        #expect(lines.all.count == 1)
        let line = try #require(lines.all.first)
        for part in ["two peers take another way", "session_id=s", "from=none", "to=tunnel", "reason=opened"] {
            #expect(line.contains(part), "\(line)")
        }
        #expect(ledger.news(of: Self.session).paths[0].usages.map(\.downward) == [7])
        // Whatever peers say, the counts stay counts.
        for sent in [1 << 53, 0, 1 << 53] as [Int64] {
            let report = PathReport(mode: .directTCP, reason: .forced, bytesSent: sent)
            ledger.reported(report, by: Self.a, to: Self.b, in: Self.session)
        }
        let text = registry.exposition()
        #expect(text.contains(#"pulsar_path_bytes_total{direction="reported",mode="direct_tcp"} \#(128 << 30)"#))
        #expect(text.contains(#"pulsar_path_switches_total{from="direct_udp",reason="lost",to="none"} 1"#))
        #expect(text.contains(#"pulsar_path_current{mode="tunnel"} 0"#))
    }
}
