import NIOCore
import RelayCore
import RelayWire
import SeededRandom
import Synchronization
import Testing

@testable import RelayTelemetry

@Suite struct SamplingTests {
    private static func parent(isSampled: Bool) -> TraceContext {
        var random = SeededGenerator(seed: 1)
        return TraceContext(traceID: .random(using: &random), spanID: .random(using: &random), isSampled: isSampled)
    }

    @Test(arguments: [0, 0.01, 0.5, 1]) func aShareOfThoseWithoutATrace(ratio: Double) {
        var random = SeededGenerator(seed: 3)
        let count = 100_000
        let chosen = (0..<count).count { _ in Sampling.wants(nil, ratio: ratio, random.next()) }
        #expect(abs(Double(chosen) / Double(count) - ratio) < 0.005)
        if ratio == 0 || ratio == 1 { #expect(chosen == Int(ratio) * count) }
    }

    @Test func thoseWithATraceFollowIt() {
        #expect(Sampling.wants(Self.parent(isSampled: true), ratio: 0, 0))
        #expect(!Sampling.wants(Self.parent(isSampled: false), ratio: 1, 0))
    }

    @Test func theBudgetIsOneSecondsWorth() {
        var now = NIODeadline.uptimeNanoseconds(1)
        var budget = SamplingBudget(perSecond: 10, now: now)
        func taken() -> Int { (0..<20).count { _ in budget.take(at: now) } }
        #expect(taken() == 10)
        now = now + .milliseconds(250)
        #expect(taken() == 2)
        now = now + .hours(1)
        #expect(taken() == 10)
        // A clock that went back gives nothing, and takes nothing.
        let isTaken = budget.take(at: .uptimeNanoseconds(0))
        #expect(!isTaken)
    }

    private static func tracer(_ ratio: Double) -> (Tracer, ExportQueue<FinishedSpan>) {
        let clock = RelayClock(now: { Timestamp(microseconds: 5_000_000) }, uptime: { .uptimeNanoseconds(9_000_000) })
        let queue = ExportQueue<FinishedSpan>(
            maxBytes: 1 << 20,
            memory: MemoryLedger(),
            uptime: clock.uptime,
            counts: ExportCounts(.traces)
        )
        let tracer = Tracer(clock: clock, seed: 1)
        tracer.record(Sampling(ratio: ratio, maxPerSecond: 100), naming: false, into: queue)
        return (tracer, queue)
    }

    @Test func childrenAreInTheirParentsTrace() throws {
        let (tracer, queue) = Self.tracer(1)
        let root = try #require(tracer.begin("GET", under: nil))
        let child = root.child("publish", .producer)
        child.end([Attribute("a", .integer(1))], failure: "no")
        root.end(as: "GET /x")
        let spans = try #require(queue.batch(10, after: .zero))
        #expect(spans.map(\.name) == ["publish", "GET /x"])
        #expect(spans[0].parent == spans[1].context.spanID && spans[1].parent == nil)
        #expect(Set(spans.map(\.context.traceID)).count == 1)
        #expect(spans[0].context.spanID != spans[1].context.spanID)
        #expect(spans[0].failure == "no" && spans[0].kind == .producer)
    }

    @Test func aRemoteParentIsKnownAsOne() throws {
        let (tracer, queue) = Self.tracer(0)
        let state = TraceState(["a=1"])
        let sent = Self.parent(isSampled: true)
        let parent = TraceContext(traceID: sent.traceID, spanID: sent.spanID, isSampled: true, state: state)
        #expect(tracer.begin("GET", under: nil) == nil)
        #expect(tracer.begin("GET", under: Self.parent(isSampled: false)) == nil)
        let span = try #require(tracer.begin("GET", under: parent, since: .uptimeNanoseconds(7_000_000)))
        span.end()
        let finished = try #require(queue.batch(10, after: .zero)?.first)
        #expect(finished.parent == parent.spanID && finished.isParentRemote)
        #expect(finished.context.traceID == parent.traceID && finished.context.state == state)
        #expect(finished.end == 5_000_000_000 && finished.start == 4_998_000_000)
    }

    @Test func whatIsRecordedMayChange() throws {
        let (tracer, queue) = Self.tracer(1)
        let span = try #require(tracer.begin("GET", under: nil))
        tracer.turnOff()
        #expect(!tracer.isOn && tracer.begin("GET", under: Self.parent(isSampled: true)) == nil)
        span.end()
        #expect(queue.waiting == 0)
        let (_, other) = Self.tracer(1)
        tracer.record(Sampling(ratio: 0, maxPerSecond: 1), naming: true, into: other)
        #expect(tracer.begin("GET", under: nil) == nil)
        let second = try #require(tracer.begin("GET", under: Self.parent(isSampled: true)))
        #expect(second.namesTopics)
        // One a second is what may begin now.
        #expect(tracer.begin("GET", under: Self.parent(isSampled: true)) == nil)
        second.end()
        #expect(queue.waiting == 0 && other.waiting == 1)
    }

    @Test func textsAreCutBetweenScalars() {
        let text = String(repeating: "é", count: 1_000)
        guard case .text(let cut) = Attribute("a", .text(text)).value else { return #expect(Bool(false)) }
        #expect(cut.utf8.count == 1_024 && text.hasPrefix(cut))
    }
}
