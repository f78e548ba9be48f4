import Testing

@testable import RelayCore

@Suite("Which peers are there")
struct PeerPresenceTests {
    private static let anna = Deadline.Name(topic: .named("room/1"), peer: "anna")
    private let presence = PeerPresence()

    @Test("a peer arrives once, however many readers it has, and is there for as long as it has one")
    func readers() {
        self.presence.came(Self.anna)
        self.presence.came(Self.anna)
        #expect(self.presence.takeArrivals() == [Self.anna])
        #expect(self.presence.takeArrivals() == [])
        self.presence.went(Self.anna)
        for _ in 0..<3 { #expect(self.presence.takePresent() == [Self.anna]) }
        self.presence.went(Self.anna)
        #expect(self.presence.takePresent() == [])
    }

    @Test("a peer that polls again and again stays, and does not arrive with each poll")
    func polls() {
        for _ in 0..<5 {
            self.presence.came(Self.anna)
            self.presence.went(Self.anna)
            #expect(self.presence.takePresent() == [Self.anna])
        }
        #expect(self.presence.takeArrivals() == [Self.anna])
        #expect(self.presence.takePresent() == [])
        self.presence.came(Self.anna)
        #expect(self.presence.takeArrivals() == [Self.anna])
    }

    @Test("peers of other topics, and other peers, are others")
    func others() {
        let others = [
            Deadline.Name(topic: .named("room/2"), peer: "anna"), Deadline.Name(topic: .named("room/1"), peer: "bert"),
        ]
        for name in others + [Self.anna] { self.presence.came(name) }
        for name in others { self.presence.went(name) }
        _ = self.presence.takePresent()
        #expect(self.presence.takePresent() == [Self.anna])
    }
}
