import NIOCore
import RelayAccess

/// Something that an issuer publishes, fetched when it is first needed, and again as ``KeyFreshness`` has it. Of those who need it at once one
/// fetches.
///
/// Owner of the value: this actor.
actor IssuerCache<Value: Sendable> {
    typealias Load = @Sendable () async throws(IssuerTrouble) -> (value: Value, maxAge: Int64?)

    private let load: Load
    private let uptime: @Sendable () -> NIODeadline
    private var value: Value?
    private var freshness = KeyFreshness()
    private var trouble = IssuerTrouble.unreachable("never asked")
    private var fetching: Task<Void, Never>?

    /// - Parameter load: asks the issuer. `maxAge` is in seconds.
    init(uptime: @escaping @Sendable () -> NIODeadline, _ load: @escaping Load) {
        self.uptime = uptime
        self.load = load
    }

    /// The value as it is known, or else as the issuer has it now.
    func current() async throws(IssuerTrouble) -> Value {
        switch self.freshness.step(at: self.uptime(), isForced: false) {
        case .use: break
        case .fail: throw self.trouble
        case .fetch: await self.fetch()
        }
        guard let value = self.value, self.freshness.step(at: self.uptime(), isForced: false) == .use else {
            throw self.trouble
        }
        return value
    }

    /// - Returns: nil where it was fetched a moment ago, or can't be.
    func renewed() async -> Value? {
        guard self.freshness.step(at: self.uptime(), isForced: true) == .fetch else { return nil }
        self.freshness.forced(at: self.uptime())
        await self.fetch()
        return self.value
    }

    /// In a task of its own, since those who wait for it must not lose it with the one who began it.
    private func fetch() async {
        if let fetching = self.fetching { return await fetching.value }
        let task = Task { await self.fetchNow() }
        self.fetching = task
        await task.value
    }

    private func fetchNow() async {
        do throws(IssuerTrouble) {
            let (value, maxAge) = try await self.load()
            self.value = value
            self.freshness.succeeded(at: self.uptime(), maxAge: maxAge)
        } catch {
            self.trouble = error
            self.freshness.failed(at: self.uptime())
        }
        self.fetching = nil
    }
}

extension IssuerCache<VerificationKeys> {
    /// Looks for the key that has signed a token: among those that are known, then among those that the issuer has now.
    nonisolated func check(_ token: CompactToken) async throws(IssuerTrouble) -> VerificationKeys.Outcome {
        let outcome = try await self.current().check(token)
        guard outcome != .good else { return .good }
        // With none newer it is what it was.
        guard let newer = await self.renewed() else { return outcome }
        return newer.check(token)
    }
}
