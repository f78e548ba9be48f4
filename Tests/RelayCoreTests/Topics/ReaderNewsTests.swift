import Testing

@testable import RelayCore

@Suite("Topics whose readers came or went")
struct ReaderNewsTests {
    private static func key(_ number: Int) -> TopicKey { TopicKey(name: TopicName(path: "t\(number)")) }

    @Test("are noted once somebody has looked, each once, until the next look")
    func noted() {
        let news = ReaderNews()
        news.note(Self.key(1))
        #expect(news.take() == nil)
        #expect(news.take() == [])
        for number in [1, 2, 1] { news.note(Self.key(number)) }
        #expect(news.take() == [Self.key(1), Self.key(2)])
        #expect(news.take() == [])
    }

    @Test("are not noted after the end, and the next look has to be at all")
    func ended() {
        let news = ReaderNews()
        _ = news.take()
        news.note(Self.key(1))
        news.end()
        news.note(Self.key(2))
        #expect(news.take() == nil)
        #expect(news.take() == [])
    }

    @Test("are forgotten where they are too many, which the next look is told, and it alone")
    func bounded() {
        let news = ReaderNews()
        _ = news.take()
        for number in 0..<ReaderNews.mostKeys { news.note(Self.key(number)) }
        news.note(Self.key(0))
        #expect(news.take()?.count == ReaderNews.mostKeys)
        for number in 0...ReaderNews.mostKeys { news.note(Self.key(number)) }
        news.note(Self.key(0))
        #expect(news.take() == nil)
        news.note(Self.key(0))
        #expect(news.take() == [Self.key(0)])
    }
}
