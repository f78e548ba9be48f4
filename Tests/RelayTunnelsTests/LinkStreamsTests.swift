import NIOCore
import RelayTunnels
import Testing

@Suite("The streams of a tunnel between two relays")
struct LinkStreamsTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    @Test("have numbers that both relays give, and never the same")
    func numbers() {
        var opener = LinkStreams<String>(isOpeners: true, most: 8)
        var target = LinkStreams<String>(isOpeners: false, most: 8)
        let ours = (0..<3).map { opener.open("ours \($0)") }
        let theirs = (0..<3).map { target.open("theirs \($0)") }
        #expect(ours == [0, 2, 4] && theirs == [1, 3, 5])
        for number in ours {
            let isTaken = target.opened(number)
            #expect(isTaken && target[number] == nil && target.knows(number))
            let isJoined = target.join(number, "counterpart")
            #expect(isJoined && target[number] == "counterpart")
        }
        #expect(opener[2] == "ours 1" && opener.count == 3 && target.count == 6)
        let refused = [target.opened(0), target.opened(7), opener.opened(0), opener.opened(6)]
        #expect(refused == [false, false, false, false])
    }

    @Test("are forgotten when both relays have closed them, or one has ended them")
    func ends() {
        var streams = LinkStreams<String>(isOpeners: true, most: 8)
        let (first, second, third) = (streams.open("a"), streams.open("b"), streams.open("c"))
        streams.closedHere(first)
        let told = streams.takeCredit(at: Self.start).closed
        #expect(told == [first] && streams[first] == "a")
        streams.closedThere(first)
        #expect(streams[first] == nil)
        streams.closedThere(second)
        streams.closedHere(second)
        #expect(streams.count == 2)
        let last = streams.takeCredit(at: Self.start)
        #expect(last.closed == [second] && streams.count == 1)
        let (ended, again) = (streams.end(third), streams.end(third))
        #expect(ended == "c" && again == nil)
        let late = streams.join(third, "late")
        #expect(!late && streams.count == 0)
        _ = streams.opened(1)
        _ = streams.open("d")
        let all = streams.endAll()
        #expect(all == ["d"] && streams.count == 0)
    }

    @Test("are told of together what was taken of each, once")
    func credit() {
        var streams = LinkStreams<String>(isOpeners: true, most: 8)
        let (first, second) = (streams.open("a"), streams.open("b"))
        streams.taken(3, of: second)
        streams.taken(1, of: first)
        streams.taken(4, of: second)
        streams.taken(9, of: 99)
        let told = streams.takeCredit(at: Self.start)
        #expect(
            told.credit.map(\.stream) == [second, first] && told.credit.map(\.bytes) == [7, 1] && told.later == nil
        )
        #expect(streams.takeCredit(at: Self.start).credit.isEmpty)
        streams.taken(5, of: first)
        _ = streams.end(first)
        #expect(streams.takeCredit(at: Self.start).credit.isEmpty)
    }

    @Test("get no credit while the session's bandwidth is spent, and all of it then")
    func pause() {
        var streams = LinkStreams<String>(isOpeners: false, most: 8)
        let number = streams.open("a")
        streams.pause(until: Self.start + .seconds(2))
        streams.pause(until: Self.start + .seconds(1))
        streams.taken(5, of: number)
        let early = streams.takeCredit(at: Self.start + .seconds(1))
        #expect(early.credit.isEmpty && early.later == Self.start + .seconds(2))
        streams.taken(6, of: number)
        let due = streams.takeCredit(at: Self.start + .seconds(2))
        #expect(due.credit.map(\.bytes) == [11] && due.later == nil)
    }

    @Test("are stopped and closed after their credit, also where that waits for bandwidth")
    func closed() {
        var streams = LinkStreams<String>(isOpeners: false, most: 8)
        let (first, second) = (streams.open("a"), streams.open("b"))
        streams.pause(until: Self.start + .seconds(1))
        streams.taken(5, of: first)
        streams.stopped(first, code: 7)
        streams.closedHere(first)
        streams.closedThere(first)
        streams.stopped(second, code: 7)
        streams.closedHere(second)
        let early = streams.takeCredit(at: Self.start)
        #expect(early.credit.isEmpty && early.stopped.isEmpty && early.closed.isEmpty && streams[first] == "a")
        // One that is ended meanwhile is not told of.
        _ = streams.end(second)
        let due = streams.takeCredit(at: Self.start + .seconds(1))
        #expect(due.credit.map(\.stream) == [first] && due.credit.map(\.bytes) == [5] && due.closed == [first])
        #expect(due.stopped.map(\.stream) == [first] && due.stopped.map(\.code) == [7] && streams.count == 0)
        #expect(streams.takeCredit(at: Self.start + .seconds(1)).closed.isEmpty)
    }

    @Test("are so many at most, whoever has opened them, and those that one relay alone has closed among them")
    func full() {
        var streams = LinkStreams<String>(isOpeners: true, most: 3)
        let first = streams.open("a")
        _ = streams.opened(1)
        #expect(!streams.isFull)
        _ = streams.open("b")
        streams.closedHere(first)
        _ = streams.takeCredit(at: Self.start)
        #expect(streams.isFull && streams.count == 3)
        streams.closedThere(first)
        #expect(!streams.isFull)
    }
}
