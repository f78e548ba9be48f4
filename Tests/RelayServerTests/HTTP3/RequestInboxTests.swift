import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import RelayServer

@Suite("What a request's channel keeps")
struct RequestInboxTests {
    @Test("what has come is counted until it is taken, in its order, and bytes lie together")
    func inbox() {
        var inbox = RequestInbox()
        #expect(inbox.isEmpty)
        inbox.add(.part(.body(ByteBuffer(repeating: 1, count: 10))))
        inbox.add(.part(.body(ByteBuffer(repeating: 2, count: 5))))
        inbox.add(.inputEnded)
        #expect(inbox.bytes == 15 && !inbox.isEmpty)
        let (items, bytes) = inbox.take()
        #expect(bytes == 15 && items.count == 2 && inbox.isEmpty && inbox.bytes == 0)
        guard case .part(.body(let body)) = items[0], case .inputEnded = items[1] else {
            Issue.record("another order: \(items)")
            return
        }
        #expect(body == ByteBuffer(bytes: [UInt8](repeating: 1, count: 10) + [UInt8](repeating: 2, count: 5)))
    }

    @Test("promises are kept once so much has reached the client, in their order")
    func promises() {
        let loop = EmbeddedEventLoop()
        var promises = WrittenPromises()
        let made = (0..<3).map { _ in loop.makePromise(of: Void.self) }
        promises.add(made[0], at: 10)
        promises.add(made[1], at: 10)
        promises.add(made[2], at: 20)
        let early = promises.take(through: 9)
        let first = promises.take(through: 10)
        let rest = promises.takeAll()
        let none = promises.take(through: .max)
        #expect(early.isEmpty && first.count == 2 && rest.count == 1 && none.isEmpty)
        for promise in made { promise.succeed() }
    }
}
