import NIOCore
import SeededRandom
import Testing

@testable import RelayValkey

struct ClusterSubscriptionsTests {
    private let a = ValkeyAddress(host: "a", port: 1)
    private let b = ValkeyAddress(host: "b", port: 1)
    private let news = ValkeyChannel("news", isSharded: true)

    @Test("A channel goes to its slot's master, and what comes from there is told")
    func placed() {
        var channels = ClusterSubscriptions()
        #expect(names(channels.subscribe(self.news, self.map(self.a))) == ["subscribe a"])
        #expect(names(channels.subscribe(self.news, self.map(self.a))) == [])
        #expect(names(channels.take(self.message, from: self.a)) == [])
        #expect(names(channels.take(.subscribed(self.news), from: self.a)) == ["tell subscribed"])
        #expect(names(channels.take(self.message, from: self.a)) == ["tell message"])
        #expect(names(channels.take(self.message, from: self.b)) == [])
        #expect(names(channels.unsubscribe(self.news)) == ["unsubscribe a"])
        #expect(names(channels.take(self.message, from: self.a)) == [])
    }

    @Test("When the slot moves, the channel is told as interrupted and follows it")
    func mapChanged() {
        var channels = self.confirmed()
        let actions = names(channels.changed(self.map(self.b)))
        #expect(actions == ["unsubscribe a", "tell interrupted", "subscribe b"])
        #expect(names(channels.take(self.message, from: self.a)) == [])
        #expect(names(channels.take(.subscribed(self.news), from: self.a)) == [])
        #expect(names(channels.take(.subscribed(self.news), from: self.b)) == ["tell subscribed"])
        #expect(names(channels.changed(self.map(self.b))) == [])
    }

    @Test("A master that ends a subscription is asked no more, until the map tells who has the slot")
    func ended() {
        var channels = self.confirmed()
        #expect(names(channels.take(.dropped(self.news, nil), from: self.a)) == ["tell interrupted", "refresh"])
        #expect(channels.hasHomeless)
        #expect(names(channels.retry(SlotMap())) == ["refresh"])
        #expect(names(channels.retry(self.map(self.b))) == ["subscribe b"])
        #expect(!channels.hasHomeless)
    }

    @Test("A redirect is followed at once, but not for ever")
    func moved() {
        var channels = ClusterSubscriptions()
        _ = channels.subscribe(self.news, self.map(self.a))
        let slot = HashSlot.of("news".utf8)
        var (here, there) = (self.a, self.b)
        for _ in 0..<RetryPolicy.maxRedirects {
            let error = ValkeyServerError(line: "MOVED \(slot) \(there)")
            #expect(
                names(channels.take(.dropped(self.news, error), from: here)) == ["moved", "subscribe \(there.host)"]
            )
            (here, there) = (there, here)
        }
        let error = ValkeyServerError(line: "MOVED \(slot) \(there)")
        #expect(names(channels.take(.dropped(self.news, error), from: here)) == ["refresh"])
    }

    @Test("Trouble that passes is waited for, a refusal is final")
    func refused() {
        var channels = self.confirmed()
        let down = ValkeyServerError(line: "CLUSTERDOWN Hash slot not served")
        #expect(names(channels.take(.dropped(self.news, down), from: self.a)) == ["tell interrupted", "refresh"])
        #expect(names(channels.retry(self.map(self.a))) == ["subscribe a"])
        let refusal = ValkeyServerError(line: "NOPERM this user has no permissions")
        #expect(names(channels.take(.dropped(self.news, refusal), from: self.a)) == ["tell dropped"])
        #expect(channels.isEmpty)
    }

    @Test("When a master's connection is lost, its channels are interrupted, and come back by themselves")
    func lost() {
        var channels = self.confirmed()
        #expect(names(channels.take(.lost, from: self.b)) == ["refresh"])
        #expect(names(channels.take(.lost, from: self.a)) == ["tell interrupted", "refresh"])
        #expect(names(channels.take(.lost, from: self.a)) == ["refresh"])
        #expect(names(channels.take(.subscribed(self.news), from: self.a)) == ["tell subscribed"])
    }

    @Test("Whatever happens, messages are told only between subscribed and interrupted", arguments: 1...50)
    func random(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var channels = ClusterSubscriptions()
        var map = self.map(self.a)
        var isOpen = false
        for _ in 0..<400 {
            let source = Bool.random(using: &random) ? self.a : self.b
            var actions: [ClusterSubscriptions.Action] = []
            switch Int.random(in: 0..<8, using: &random) {
            case 0:
                map = self.map(source)
                actions = channels.changed(map)
            case 1: actions = channels.take(.lost, from: source)
            case 2: actions = channels.take(.dropped(self.news, nil), from: source)
            case 3:
                let error = ValkeyServerError(line: "MOVED \(HashSlot.of("news".utf8)) \(source)")
                actions = channels.take(.dropped(self.news, error), from: source)
            case 4: actions = channels.retry(map)
            case 5: actions = channels.take(.subscribed(self.news), from: source)
            case 6: actions = channels.take(self.message, from: source)
            default: actions = channels.subscribe(self.news, map)
            }
            for case .tell(let event) in actions {
                switch event {
                case .subscribed: isOpen = true
                case .interrupted:
                    #expect(isOpen)
                    isOpen = false
                case .message: #expect(isOpen)
                case .dropped, .lost, .restored: Issue.record("\(event)")
                }
            }
        }
    }

    private var message: ValkeySubscriberEvent { .message(self.news, payload: ByteBuffer(string: "x")) }

    private func map(_ owner: ValkeyAddress) -> SlotMap {
        let reply: ValkeyReply = .array([.range(0, 16_383, .node(owner.host, Int64(owner.port)))])
        return SlotMap(reply, from: owner) ?? SlotMap()
    }

    private func confirmed() -> ClusterSubscriptions {
        var channels = ClusterSubscriptions()
        _ = channels.subscribe(self.news, self.map(self.a))
        _ = channels.take(.subscribed(self.news), from: self.a)
        return channels
    }
}

private func names(_ actions: [ClusterSubscriptions.Action]) -> [String] {
    actions.map { action in
        switch action {
        case .subscribe(_, let address): "subscribe \(address.host)"
        case .unsubscribe(_, let address): "unsubscribe \(address.host)"
        case .tell(let event): "tell \("\(event)".prefix { $0 != "(" })"
        case .moved: "moved"
        case .refresh: "refresh"
        }
    }
}
