import NIOCore
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

@Suite("What peers of a session send each other by TURN")
struct TURNLinkTests {
    /// Bytes by who sends whom, and how many ways are open.
    private final class Book: Sendable {
        let bytes = Mutex<[String: Int]>([:])
        let open = Mutex(0)

        struct Path: RelayedPath {
            let name: String
            let book: Book

            func carried(_ count: Int) { self.book.bytes.withLock { $0[self.name, default: 0] += count } }
            func opened() { self.book.open.withLock { $0 += 1 } }
            func closed() { self.book.open.withLock { $0 -= 1 } }
        }

        func path(_ from: String, _ to: String) -> Path {
            let peers = [from, to].map { TURNCredentials.holder(of: $0)?.peer ?? "?" }
            return Path(name: peers.joined(separator: ">"), book: self)
        }

        var all: [String: Int] { self.bytes.withLock { $0 } }
        var count: Int { self.open.withLock { $0 } }
    }

    private let book = Book()
    private let exchange: TURNExchange
    private let alice = TURNExchange.client(40_000)
    /// Sends from another address than the others.
    private let bob = TURNClient(address: TransportAddress(.v4(0x0808_0808), port: 9_000), link: 1)

    init() {
        let book = self.book
        self.exchange = TURNExchange { book.path($0, $1) }
    }

    private func username(_ peer: String, session: String = "s") throws -> String {
        TURNExchange.username(try #require(TURNCredentials.Holder(session: session, ticket: "j", peer: peer).id))
    }

    /// Alice sends 100 bytes, and 30 come back.
    private func exchangeData(_ peer: TransportAddress, _ slot: Int) throws {
        #expect(try self.exchange.permit(peer, for: self.alice, username: self.username("alice")) == nil)
        var writer = STUNMessageWriter(STUNMessageType(.send, .indication), STUNTransaction(high: 1, low: 2))
        writer.add(.xorPeerAddress, address: peer)
        writer.add(.data, ByteBuffer(repeating: 1, count: 100))
        let message = try STUNMessage(writer.bytes)
        #expect(self.exchange.server.deliver(indication: message, of: self.alice, at: self.exchange.now) != nil)
        #expect(self.exchange.server.arrived(30, from: peer, at: slot, now: self.exchange.now) == .indication)
    }

    @Test("they are counted where the other sends from the address that data go to")
    func byAddress() throws {
        let own = try self.exchange.allocate(self.alice, username: self.username("alice"))
        let peer = TransportAddress(self.bob.address.address, port: 5_555)
        try self.exchangeData(peer, own.slot)
        #expect(self.book.all == [:], "nobody is known there")
        _ = try self.exchange.allocate(self.bob, username: self.username("bob"))
        try self.exchangeData(peer, own.slot)
        try self.exchangeData(peer, own.slot)
        #expect(self.book.all == ["alice>bob": 200, "bob>alice": 60])
        #expect(self.book.count == 1)
        #expect(self.exchange.server.left(self.alice) == own.slot)
        #expect(self.book.count == 0)
    }

    @Test("what is handed over inside is counted once")
    func handed() throws {
        let own = try self.exchange.allocate(self.alice, username: self.username("alice"))
        let other = try self.exchange.allocate(self.bob, username: self.username("bob"))
        let place = TransportAddress(TURNExchange.relayed, port: other.port)
        try self.exchangeData(place, own.slot)
        #expect(self.book.all == ["alice>bob": 100])
    }

    @Test("others' sessions, accounts, and addresses that two share are counted for nobody")
    func unknown() throws {
        let own = try self.exchange.allocate(self.alice, username: self.username("alice"))
        let peer = TransportAddress(self.bob.address.address, port: 5_555)
        func client(_ port: UInt16) -> TURNClient {
            TURNClient(address: TransportAddress(self.bob.address.address, port: port), link: 1)
        }
        _ = try self.exchange.allocate(client(1), username: self.username("bob", session: "t"))
        _ = try self.exchange.allocate(client(2), username: TURNExchange.username("account"))
        try self.exchangeData(peer, own.slot)
        _ = try self.exchange.allocate(client(3), username: self.username("bob"))
        _ = try self.exchange.allocate(client(4), username: self.username("carol"))
        try self.exchangeData(peer, own.slot)
        #expect(self.book.all == [:])
        #expect(self.book.count == 0)
    }

    /// Alice sends a byte to an address.
    private func send(to peer: TransportAddress) throws {
        var writer = STUNMessageWriter(STUNMessageType(.send, .indication), STUNTransaction(high: 1, low: 2))
        writer.add(.xorPeerAddress, address: peer)
        writer.add(.data, ByteBuffer(repeating: 1, count: 1))
        let message = try STUNMessage(writer.bytes)
        #expect(self.exchange.server.deliver(indication: message, of: self.alice, at: self.exchange.now) != nil)
    }

    @Test("a peer is known also after an allocation has sent to many strangers")
    func strangers() throws {
        let own = try self.exchange.allocate(self.alice, username: self.username("alice"))
        _ = try self.exchange.allocate(self.bob, username: self.username("bob"))
        for number in 0..<UInt32(TURNLimits.peers) {
            let stranger = TransportAddress(.v4(0x0909_0000 + number), port: 1)
            #expect(try self.exchange.permit(stranger, for: self.alice, username: self.username("alice")) == nil)
            try self.send(to: stranger)
        }
        // Their permissions end before the allocation does, and make room for another.
        self.exchange.now = self.exchange.now + .seconds(301)
        try self.exchangeData(TransportAddress(self.bob.address.address, port: 5_555), own.slot)
        #expect(self.book.all == ["alice>bob": 100, "bob>alice": 30])
    }

    @Test("ports of the relay that nobody has take no place")
    func ports() throws {
        let own = try self.exchange.allocate(self.alice, username: self.username("alice"))
        _ = try self.exchange.allocate(self.bob, username: self.username("bob"))
        let here = TransportAddress(TURNExchange.relayed, port: 1)
        #expect(try self.exchange.permit(here, for: self.alice, username: self.username("alice")) == nil)
        for port in 1...UInt16(2 * TURNLimits.peers) {
            try self.send(to: TransportAddress(TURNExchange.relayed, port: port))
        }
        try self.exchangeData(TransportAddress(self.bob.address.address, port: 5_555), own.slot)
        #expect(self.book.all == ["alice>bob": 100, "bob>alice": 30])
    }

    @Test("credentials name the peer where every program writes its id alike")
    func holders() throws {
        for (peer, named) in [("a/b", "a/b"), ("a b", ""), ("\u{e9}", ""), (String(repeating: "p", count: 500), "")] {
            let id = try #require(TURNCredentials.Holder(session: "s", ticket: "j", peer: peer).id)
            #expect(TURNCredentials.holder(of: id) == TURNCredentials.Holder(session: "s", ticket: "j", peer: named))
        }
        #expect(TURNCredentials.Holder(session: String(repeating: "s", count: 500), ticket: "j", peer: "").id == nil)
    }
}
