import RelayCore
import Testing

@testable import RelayServer

@Suite("Places for polls, and who waits")
struct PollWaitersTests {
    @Test("places count from when they are taken, waiters by user and by topic, and a refusal counts nothing")
    func counts() throws {
        let waiters = PollWaiters(maxPerUser: 2)
        let keys = [TopicKey(name: try #require(TopicName("a"))), TopicKey(name: try #require(TopicName("b")))]
        let (one, two) = (UserID("one"), UserID("two"))
        var first = waiters.enter(one)
        var second = waiters.enter(one)
        var third = waiters.enter(one)
        let isBounded = first != nil && second != nil && third == nil
        #expect(isBounded)
        #expect(waiters.total == 0 && waiters.counts(of: one).waiters == 0)
        first?.wait(on: keys)
        second?.wait(on: [keys[0]])
        third = waiters.enter(two)
        third?.wait(on: keys)
        #expect(waiters.counts(of: one).waiters == 2)
        #expect(waiters.counts(of: one).topics.values.sorted() == [1, 2])
        #expect(waiters.counts(of: nil).waiters == 3)

        first = nil
        #expect(waiters.counts(of: one).topics.values.sorted() == [1])
        first = waiters.enter(one)
        let isGivenBack = first != nil
        #expect(isGivenBack)
        first = nil
        second = nil
        third = nil
        #expect(waiters.total == 0)
        #expect(waiters.counts(of: nil).topics.isEmpty)
        #expect(waiters.counts(of: one).waiters == 0)
    }
}
