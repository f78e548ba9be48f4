import NIOCore
import Testing

@testable import RelayQUIC

@Suite("Who comes in to a QUIC listener")
struct AdmissionTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)
    private static let home = PeerAddress.test(1).network
    private static let other = PeerAddress.test(2).network

    /// Lets one in, where the book does.
    private static func enter(
        _ book: inout AdmissionBook,
        _ network: PeerAddress.Network,
        _ proof: AdmissionBook.Proof,
        at now: NIODeadline = start
    ) -> AdmissionBook.Guest? {
        guard case .comesIn(let guest) = book.decide(on: network, proof, at: now) else { return nil }
        book.entered(guest)
        return guest
    }

    @Test("addresses count without their ports, IPv6 by its first half, IPv4 in its IPv6 form as itself")
    func networks() throws {
        func network(_ text: String, port: Int = 1) throws -> PeerAddress.Network {
            let address = try #require(PeerAddress(try SocketAddress(ipAddress: text, port: port)))
            #expect(address.socketAddress == (try SocketAddress(ipAddress: text, port: port)))
            return address.network
        }
        #expect(try network("192.0.2.1") == network("192.0.2.1", port: 2))
        #expect(try network("192.0.2.1") != network("192.0.2.2"))
        #expect(try network("192.0.2.1") == network("::ffff:192.0.2.1"))
        #expect(try network("2001:db8:0:1::1") == network("2001:db8:0:1:ffff::2"))
        #expect(try network("2001:db8:0:1::1") != network("2001:db8:0:2::1"))
    }

    @Test("who has not proved to be somewhere is never refused for what others have there, but asked")
    func unproved() {
        var limits = QUICLimits()
        limits.connectionsPerAddress = 2
        var book = AdmissionBook(limits: limits)
        let first = Self.enter(&book, Self.home, .none)
        let second = Self.enter(&book, Self.home, .none)
        #expect(first != nil && second != nil)
        let unproved = book.decide(on: Self.home, .none, at: Self.start)
        let proved = book.decide(on: Self.home, .now, at: Self.start)
        let elsewhere = book.decide(on: Self.other, .none, at: Self.start)
        #expect(unproved == .proves && proved == .isRefused)
        #expect(elsewhere != .proves && elsewhere != .isRefused)
        if let first { book.left(first, wasOpen: false) }
        let third = Self.enter(&book, Self.home, .now)
        #expect(third != nil)
    }

    @Test("in a crowd strangers prove, and those of late come in, until their own address is suspect")
    func crowd() {
        var limits = QUICLimits()
        limits.handshakesBeforeRetry = 1
        limits.handshakesPerAddressBeforeRetry = 3
        var book = AdmissionBook(limits: limits)
        let first = Self.enter(&book, Self.home, .none)
        let stranger = book.decide(on: Self.home, .none, at: Self.start)
        let known = (0..<2).map { _ in Self.enter(&book, Self.home, .earlier) }
        #expect(first != nil && stranger == .proves && !known.contains(nil))
        let suspect = book.decide(on: Self.home, .earlier, at: Self.start)
        #expect(suspect == .proves && book.handshakes == 3)
    }

    @Test("one address that proves to be there has no more than its share of handshakes, at once and a second")
    func share() {
        var limits = QUICLimits()
        limits.handshakesPerAddress = 4
        limits.handshakesPerAddressPerSecond = 5
        var book = AdmissionBook(limits: limits)
        let guests = (0..<10).compactMap { _ in Self.enter(&book, Self.home, .now) }
        #expect(guests.count == 4)
        for guest in guests { book.opened(guest) }
        // Ten at once in all, then five a second.
        var more = 0
        for _ in 0..<20 {
            guard let guest = Self.enter(&book, Self.home, .now) else { break }
            book.opened(guest)
            more += 1
        }
        #expect(more == 6 && book.connections == 10 && book.handshakes == 0)
        let elsewhere = Self.enter(&book, Self.other, .now)
        let early = Self.enter(&book, Self.home, .now, at: Self.start + .milliseconds(100))
        let due = Self.enter(&book, Self.home, .now, at: Self.start + .milliseconds(250))
        // A clock that goes back gives nothing.
        let before = Self.enter(&book, Self.home, .now, at: Self.start - .milliseconds(500))
        #expect(elsewhere != nil && early == nil && due != nil && before == nil)
    }

    @Test("the memory of many addresses is bounded")
    func manyAddresses() {
        var pace = HandshakePace(perSecond: 1)
        var taken = 0
        for host in 0..<20_000 {
            let address = try? SocketAddress(ipAddress: "10.0.\(host / 250).\(host % 250 + 1)", port: 1)
            guard let network = address.flatMap({ PeerAddress($0) })?.network else { continue }
            if pace.take(network, at: Self.start) { taken += 1 }
        }
        #expect(taken == 20_000 && pace.remembered <= 4_096)
    }

    @Test("answers to strays end at their budget, and begin again the next second")
    func budget() {
        var budget = AnswerBudget(perSecond: 3, at: Self.start)
        let first = (0..<5).map { _ in budget.take(at: Self.start + .milliseconds(500)) }
        #expect(first == [true, true, true, false, false])
        let next = budget.take(at: Self.start + .seconds(1))
        #expect(next)
    }

    @Test("ids tell the socket that made them, and none that others have made")
    func plans() {
        let plans = ConnectionIDPlan.plans(3)
        for plan in plans {
            for _ in 0..<50 {
                let id = plan.marked(.random())
                #expect(plans.allSatisfy { $0.index(of: id) == plan.index })
            }
        }
        let single = ConnectionIDPlan.plans(1)[0]
        let id = ConnectionID.random()
        #expect(single.marked(id) == id && single.index(of: id) == 0)
    }
}
