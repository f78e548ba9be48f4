import RelaySessions
import RelayWire
import Testing

@testable import RelayServer

@Suite("What peers tell of their NATs")
struct NATBookTests {
    private let session: SessionID
    private let other: SessionID
    private let ada: PeerID
    private let bob: PeerID

    init() throws {
        self.session = try #require(SessionID("488aea9e2f288388a06fd82b50b0df3c"))
        self.other = try #require(SessionID("588aea9e2f288388a06fd82b50b0df3c"))
        self.ada = try #require(PeerID("ada"))
        self.bob = try #require(PeerID("bob"))
    }

    @Test("The last word counts, but that it is unknown is none")
    func lastWord() {
        var book = NATBook()
        book.heard(.unknown, of: self.ada, in: self.session)
        #expect(book.nats(of: self.session).isEmpty)
        book.heard(.symmetric, of: self.ada, in: self.session)
        book.heard(.unknown, of: self.ada, in: self.session)
        #expect(book.nats(of: self.session) == [self.ada: .symmetric])
        #expect(book.count == 1)
    }

    @Test("Who leaves, and what is over, is forgotten, and leaves room for others")
    func forgetting() {
        var book = NATBook(limit: 2)
        book.heard(.symmetric, of: self.ada, in: self.session)
        book.heard(.symmetric, of: self.bob, in: self.session)
        book.heard(.symmetric, of: self.ada, in: self.other)
        #expect(book.nats(of: self.other).isEmpty)
        book.left(self.ada, self.session)
        book.left(self.ada, self.session)
        book.heard(.symmetric, of: self.ada, in: self.other)
        #expect(book.nats(of: self.other) == [self.ada: .symmetric])
        book.keep([self.ada], in: self.session)
        book.ended(self.other)
        #expect(book.count == 0)
        #expect(book.known.isEmpty)
    }
}
