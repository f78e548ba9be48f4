public import NIOCore
import RelayCore
import RelayWire
import Synchronization

/// Begins spans, for what is to be recorded. It is off until it is told what that is, and may be told anew while it works.
///
/// What a request that is not recorded costs: one number drawn, by arithmetic on one atomic. No lock, no memory. Where it is off: one look.
public final class Tracer: Sendable {
    /// What is recorded, and where it goes.
    private final class Recording: Sendable {
        let queue: ExportQueue<FinishedSpan>
        let namesTopics: Bool
        let budget: Mutex<SamplingBudget>

        init(_ queue: ExportQueue<FinishedSpan>, namesTopics: Bool, _ budget: SamplingBudget) {
            self.queue = queue
            self.namesTopics = namesTopics
            self.budget = Mutex(budget)
        }
    }

    private let clock: RelayClock
    private let draws: Atomic<UInt64>
    private let works = Atomic(false)
    /// The bits of ``Sampling/ratio``.
    private let ratio = Atomic<UInt64>(0)
    private let recording = Mutex<Recording?>(nil)

    init(clock: RelayClock, seed: UInt64) {
        self.clock = clock
        self.draws = Atomic(seed)
    }

    /// Whether anything may be recorded. Where nothing may, requests belong to no trace, whatever they say.
    public var isOn: Bool { self.works.load(ordering: .relaxed) }

    /// Records from now on. Spans that have begun end here, too.
    ///
    /// - Parameters:
    ///   - sampling: which requests.
    ///   - namesTopics: whether spans may say which topic and which session they are about.
    ///   - queue: where spans go that have ended.
    func record(_ sampling: Sampling, naming namesTopics: Bool, into queue: ExportQueue<FinishedSpan>) {
        let budget = SamplingBudget(perSecond: sampling.maxPerSecond, now: self.clock.uptime())
        let recording = Recording(queue, namesTopics: namesTopics, budget)
        self.recording.withLock { $0 = recording }
        self.ratio.store(sampling.ratio.bitPattern, ordering: .relaxed)
        self.works.store(true, ordering: .relaxed)
    }

    /// Records nothing any more. Spans that have begun go nowhere.
    func turnOff() {
        self.works.store(false, ordering: .relaxed)
        self.recording.withLock { $0 = nil }
    }

    private var current: Recording? { self.recording.withLock { $0 } }

    /// Whether spans may say which topic and which session they are about.
    public var namesTopics: Bool { self.current?.namesTopics ?? false }

    /// Begins a span where something enters the relay. From any thread.
    ///
    /// - Parameters:
    ///   - name: what it is; few different ones.
    ///   - kind: what it is to the trace.
    ///   - parent: the trace that it came with; nil for none.
    ///   - start: when it began; nil for now.
    /// - Returns: nil where it is not to be recorded.
    public func begin(
        _ name: String,
        _ kind: SpanKind = .server,
        under parent: TraceContext?,
        since start: NIODeadline? = nil
    ) -> TraceSpan? {
        guard self.isOn, self.wants(parent), let recording = self.current else { return nil }
        let now = self.clock.uptime()
        guard recording.budget.withLock({ $0.take(at: now) }) else { return nil }
        if let parent { return self.child(of: parent, isRemote: true, name, kind, start ?? now) }
        var generator = SystemRandomNumberGenerator()
        let context = TraceContext(
            traceID: .random(using: &generator),
            spanID: .random(using: &generator),
            isSampled: true
        )
        return TraceSpan(context, parent: nil, isParentRemote: false, name, kind, start ?? now, self)
    }

    private func wants(_ parent: TraceContext?) -> Bool {
        let ratio = Double(bitPattern: self.ratio.load(ordering: .relaxed))
        return Sampling.wants(parent, ratio: ratio, self.draw())
    }

    func child(
        of parent: TraceContext,
        isRemote: Bool,
        _ name: String,
        _ kind: SpanKind,
        _ start: NIODeadline?
    ) -> TraceSpan {
        var generator = SystemRandomNumberGenerator()
        let context = TraceContext(
            traceID: parent.traceID,
            spanID: .random(using: &generator),
            isSampled: true,
            state: parent.state
        )
        let start = start ?? self.clock.uptime()
        return TraceSpan(context, parent: parent.spanID, isParentRemote: isRemote, name, kind, start, self)
    }

    /// The beginning and the end, which is now, on the clock that others have too.
    func moments(since start: NIODeadline) -> (start: UInt64, end: UInt64) {
        let end = UInt64(max(0, self.clock.now().microseconds)) * 1_000
        let duration = UInt64(max(0, (self.clock.uptime() - start).nanoseconds))
        return (end - min(end, duration), end)
    }

    func take(_ span: FinishedSpan) { self.current?.queue.add(span) }

    /// A number of the sequence that SplitMix64 makes of its counter.
    private func draw() -> UInt64 {
        var number = self.draws.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        number = (number ^ (number >> 30)) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ (number >> 27)) &* 0x94D0_49BB_1331_11EB
        return number ^ (number >> 31)
    }
}
