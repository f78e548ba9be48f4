import NIOCore
import Testing

@testable import RelayServer

@Suite("Events that wait for a webhook")
struct WebhookQueueTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private static func body(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    private static func text(_ step: WebhookQueue.Step) -> String? {
        if case .deliver(let event) = step { String(buffer: event.body) } else { nil }
    }

    @Test("they go out one at a time, in their order")
    func order() {
        var queue = WebhookQueue()
        for text in ["a", "b"] { #expect(queue.add("e", nil, Self.body(text), at: Self.start) == .waiting) }
        #expect(Self.text(queue.next(at: Self.start)) == "a")
        #expect(queue.next(at: Self.start) == .rest)
        #expect(queue.finish(.delivered, at: Self.start)?.event.body == Self.body("a"))
        #expect(Self.text(queue.next(at: Self.start)) == "b")
        #expect(queue.finish(.refused, at: Self.start)?.isGivenUp == false)
        #expect(queue.next(at: Self.start) == .rest)
        #expect(queue.count == 0)
    }

    @Test("of those with one key the newest is told, in the place of the first, unless that is on its way")
    func newest() {
        var queue = WebhookQueue()
        _ = queue.add("e", "k", Self.body("1"), at: Self.start)
        _ = queue.add("e", nil, Self.body("other"), at: Self.start)
        guard case .replacing(let old) = queue.add("e", "k", Self.body("2"), at: Self.start) else {
            Issue.record("the first is to be replaced")
            return
        }
        #expect(old.body == Self.body("1"))
        #expect(Self.text(queue.next(at: Self.start)) == "2")
        #expect(queue.add("e", "k", Self.body("3"), at: Self.start) == .waiting)
        _ = queue.finish(.delivered, at: Self.start)
        #expect(Self.text(queue.next(at: Self.start)) == "other")
        _ = queue.finish(.delivered, at: Self.start)
        #expect(Self.text(queue.next(at: Self.start)) == "3")
    }

    @Test("while the receiver fails all wait, for pauses that double up to a minute, and a success ends that")
    func pauses() {
        var queue = WebhookQueue()
        var now = Self.start
        _ = queue.add("e", nil, Self.body("a"), at: now)
        _ = queue.add("e", nil, Self.body("b"), at: now)
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] as [Int64] {
            #expect(Self.text(queue.next(at: now)) == "a")
            #expect(queue.finish(.failed, at: now) == nil)
            let due = now + .seconds(seconds)
            #expect(queue.next(at: due - .nanoseconds(1)) == .wait(until: due))
            now = due
        }
        #expect(Self.text(queue.next(at: now)) == "a")
        _ = queue.finish(.delivered, at: now)
        #expect(Self.text(queue.next(at: now)) == "b")
        _ = queue.finish(.failed, at: now)
        #expect(queue.next(at: now) == .wait(until: now + .seconds(1)))
    }

    @Test("what is due for an hour is given up, and the next is tried")
    func patience() {
        var queue = WebhookQueue()
        _ = queue.add("e", nil, Self.body("a"), at: Self.start)
        _ = queue.next(at: Self.start)
        let later = Self.start + WebhookQueue.patience
        #expect(queue.finish(.failed, at: later - .nanoseconds(1)) == nil)
        _ = queue.add("e", nil, Self.body("b"), at: later)
        let next = later + .seconds(2)
        #expect(Self.text(queue.next(at: next)) == "a")
        #expect(queue.finish(.failed, at: next)?.isGivenUp == true)
        #expect(Self.text(queue.next(at: next + .minutes(1))) == "b")
    }

    @Test("there are no more than so many")
    func bound() {
        var queue = WebhookQueue()
        for number in 0..<WebhookQueue.maxEvents {
            #expect(queue.add("e", "\(number)", Self.body("x"), at: Self.start) == .waiting)
        }
        #expect(queue.add("e", nil, Self.body("x"), at: Self.start) == .full)
        guard case .replacing = queue.add("e", "7", Self.body("y"), at: Self.start) else {
            Issue.record("one in the place of another needs no room")
            return
        }
        #expect(queue.count == WebhookQueue.maxEvents)
    }
}

@Suite("What a webhook is")
struct WebhookTests {
    /// By Python: `hmac.new(b"secret", b'{"event":"x"}', hashlib.sha256).hexdigest()`.
    @Test("a body is signed by HMAC-SHA-256, in hexadecimal digits")
    func signature() {
        let text = WebhookSignature.text(of: ByteBuffer(string: #"{"event":"x"}"#), under: Secret("secret"))
        #expect(text == "sha256=6147d659a4d0af1524442a3462a24f61e73c58494803b17e072ddfbc76bb7356")
    }

    @Test("its address is a URL of http or https, without anything secret in it")
    func address() {
        for text in ["http://127.0.0.1:9/hook", "https://example.org", "HTTPS://[::1]:8/a?b=c"] {
            #expect(WebhookAddress(text)?.description == text)
        }
        for text in [
            "", "example.org/hook", "ftp://example.org", "http://", "http://user@example.org/",
            "http://u:p@example.org/", "http://example.org/#a", "http://a/" + String(repeating: "b", count: 2_048),
        ] {
            #expect(WebhookAddress(text) == nil, "\(text)")
        }
    }
}
