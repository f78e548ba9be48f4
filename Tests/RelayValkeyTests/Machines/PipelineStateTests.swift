import NIOCore
import SeededRandom
import Testing

@testable import RelayValkey

struct PipelineStateTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func make(_ change: (inout ValkeyConfiguration) -> Void = { _ in }) -> PipelineState<Int> {
        var configuration = ValkeyConfiguration()
        change(&configuration)
        return PipelineState(configuration, now: self.start)
    }

    @Test("Whatever the interleaving, each waiter ends once, in order, with its own replies", arguments: 0..<100)
    func interleavings(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        var state = self.make()
        var sent: [(waiter: Int, replies: Int)] = []
        var server: [Int64] = []
        var flushed = 0
        var ended: [Int] = []
        for waiter in 0..<300 {
            switch Int.random(in: 0..<4, using: &random) {
            case 0, 1:
                let replies = Int.random(in: 1...3, using: &random)
                #expect(state.enqueue(waiter, commands: replies, bytes: 10, deadline: nil, now: { self.start }) == nil)
                sent.append((waiter, replies))
            case 2:
                state.flushed()
                for entry in sent[flushed...] { server += Array(repeating: Int64(entry.waiter), count: entry.replies) }
                flushed = sent.count
            default:
                while !server.isEmpty, Bool.random(using: &random) {
                    let number = server.removeFirst()
                    switch state.received(.integer(number)) {
                    case .one(let waiter, let reply):
                        #expect(reply == .integer(Int64(waiter)))
                        ended.append(waiter)
                    case .several(let waiter, let replies):
                        #expect(replies.count > 1 && replies.allSatisfy { $0 == .integer(Int64(waiter)) })
                        ended.append(waiter)
                    case .more: break
                    case .unexpected: Issue.record("reply \(number) was not expected")
                    }
                }
            }
        }
        let answered = ended.count
        let ends = state.drain(now: self.start) { mayHaveRun, _ in .disconnected(mayHaveRun: mayHaveRun) }
        #expect(ends.map(\.1.mayHaveRun) == (answered..<sent.count).map { $0 < flushed })
        #expect(ended + ends.map(\.0) == sent.map(\.waiter))
        #expect(state.isEmpty)
    }

    @Test("A reply to nothing, or to what was not sent, is unexpected")
    func unexpected() {
        var state = self.make()
        guard case .unexpected = state.received(.null) else { return #expect(Bool(false), "it was taken") }
        _ = state.enqueue(1, commands: 1, bytes: 1, deadline: nil, now: { self.start })
        guard case .unexpected = state.received(.null) else { return #expect(Bool(false), "it was taken") }
    }

    @Test("A deadline that passes makes it overdue, wherever it is in the queue")
    func deadlines() {
        var state = self.make()
        _ = state.enqueue(1, commands: 1, bytes: 1, deadline: nil, now: { self.start })
        _ = state.enqueue(2, commands: 1, bytes: 1, deadline: self.start + .seconds(1), now: { self.start })
        state.flushed()
        #expect(state.tick(now: self.start + .milliseconds(999)) == .nothing)
        #expect(state.tick(now: self.start + .seconds(1)) == .overdue)
        let ends = state.drain(now: self.start + .seconds(1)) { mayHaveRun, isOverdue in
            isOverdue ? .timedOut(mayHaveRun: mayHaveRun) : .disconnected(mayHaveRun: mayHaveRun)
        }
        #expect(ends.map(\.0) == [1, 2])
        #expect(ends.map(\.1.code) == [.disconnected, .timedOut])
    }

    @Test("An answered command's deadline is no matter")
    func answeredDeadline() {
        var state = self.make()
        _ = state.enqueue(1, commands: 1, bytes: 1, deadline: self.start + .seconds(1), now: { self.start })
        _ = state.enqueue(2, commands: 1, bytes: 1, deadline: self.start + .seconds(3), now: { self.start })
        state.flushed()
        _ = state.received(.null)
        #expect(state.tick(now: self.start + .seconds(2)) == .nothing)
        #expect(state.tick(now: self.start + .seconds(3)) == .overdue)
    }

    @Test("A deadline in the past, and what exceeds the bounds, is not taken")
    func refusals() {
        var state = self.make {
            $0.maxOutstandingBytes = 100
            $0.maxOutstandingCommands = 3
        }
        #expect(state.enqueue(1, commands: 1, bytes: 1, deadline: self.start, now: { self.start })?.code == .timedOut)
        #expect(state.enqueue(1, commands: 4, bytes: 1, deadline: nil, now: { self.start })?.code == .overloaded)
        #expect(state.enqueue(1, commands: 1, bytes: 101, deadline: nil, now: { self.start }) == nil)
        #expect(state.enqueue(2, commands: 1, bytes: 1, deadline: nil, now: { self.start })?.code == .overloaded)
        state.flushed()
        _ = state.received(.null)
        #expect(state.enqueue(2, commands: 2, bytes: 50, deadline: nil, now: { self.start }) == nil)
        #expect(state.enqueue(3, commands: 2, bytes: 1, deadline: nil, now: { self.start })?.code == .overloaded)
        #expect(state.enqueue(3, commands: 1, bytes: 51, deadline: nil, now: { self.start })?.code == .overloaded)
        #expect(state.enqueue(3, commands: 1, bytes: 50, deadline: nil, now: { self.start }) == nil)
    }

    @Test("An idle connection is asked for a sign of life; one with a late reply is unresponsive")
    func life() {
        var state = self.make()
        #expect(state.tick(now: self.start + .milliseconds(999)) == .nothing)
        #expect(state.tick(now: self.start + .seconds(1)) == .ping)
        let sent = self.start + .seconds(1)
        _ = state.enqueue(1, commands: 1, bytes: 1, deadline: nil, now: { sent })
        #expect(state.tick(now: sent + .seconds(2)) == .nothing)
        #expect(state.unresponsiveSince(now: sent + .milliseconds(800)) == nil)
        #expect(state.unresponsiveSince(now: sent + .milliseconds(801)) == sent)
        state.flushed()
        _ = state.received(.status("PONG"))
        state.heard(now: sent + .milliseconds(900))
        #expect(state.unresponsiveSince(now: sent + .milliseconds(900)) == nil)
        #expect(state.tick(now: sent + .milliseconds(1_800)) == .nothing)
    }
}
