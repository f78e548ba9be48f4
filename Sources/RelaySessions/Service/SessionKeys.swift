import NIOCore
public import RelayCore
import RelayWire
import Synchronization

/// The keys by which this relay signs and verifies tickets.
///
/// A seed from the configuration is used as it is. Without one the first relay makes one, and leaves it in the store for the others, sealed under
/// the secret of access tokens. Either way the store has the public keys, so that all relays verify what any of them signed, and what was signed
/// by the key before. A relay that nobody asks for sessions makes no key.
public final class SessionKeys: Sendable {
    private struct Known {
        var keys: TicketKeys
        /// When they were read.
        var at: NIODeadline
    }

    /// What a stranger's tickets can make the relay ask the store for.
    private static let shortestPause = TimeAmount.seconds(1)

    private let broker: Broker
    private let cluster: String
    private let secret: String
    private let seed: TicketSeed?
    private let longestTicketSeconds: Int64
    /// Nil until the first ticket. Never held while the store is asked.
    private let known = Mutex<Known?>(nil)

    /// - Parameters:
    ///   - seed: from the configuration; nil for the one that relays share.
    ///   - secret: of access tokens.
    ///   - longestTicketSeconds: how long any ticket is good. A key that was changed verifies for as long, and then no more.
    public init(broker: Broker, cluster: String, seed: TicketSeed?, secret: String, longestTicketSeconds: Int64) {
        self.broker = broker
        self.cluster = cluster
        self.seed = seed
        self.secret = secret
        self.longestTicketSeconds = longestTicketSeconds
    }

    /// The keys as this relay knows them.
    public func current() async throws(SessionFailure) -> TicketKeys {
        if let known = self.known.withLock({ $0 }) { return known.keys }
        return try await self.read()
    }

    /// The keys as others may have changed them, where they were not looked at just now.
    func fresh() async throws(SessionFailure) -> TicketKeys {
        let now = self.broker.clock.uptime()
        if let known = self.known.withLock({ $0 }), now < known.at + Self.shortestPause { return known.keys }
        return try await self.read()
    }

    /// Takes on what other relays have said meanwhile, where this one uses keys. To be called every so often.
    func refresh() async {
        guard self.known.withLock({ $0 != nil }) else { return }
        _ = try? await self.fresh()
    }

    private func read() async throws(SessionFailure) -> TicketKeys {
        let now = self.broker.clock.uptime()
        let keys = try await self.agree()
        self.known.withLock { $0 = Known(keys: keys, at: now) }
        return keys
    }

    /// The keys by the record in the store, which is made or brought up to date where it has to be.
    private func agree() async throws(SessionFailure) -> TicketKeys {
        let now = self.broker.clock.now()
        var generator = SystemRandomNumberGenerator()
        let fresh = TicketSeed(using: &generator)
        let sealed = fresh.sealed(under: self.secret, for: self.cluster, using: &generator)
        do throws(TransitionFailure<Never>) {
            return try await self.broker.transition(SessionKeyTopic.key) { access throws(Never) in
                let known = access.state as? SessionKeyRecord
                let shared = known.flatMap { TicketSeed(sealed: $0.sealedSeed, under: self.secret, for: self.cluster) }
                let own = SigningKey(self.seed ?? shared ?? fresh)
                var record = SessionKeyRecord(current: own.publicKey, sealedSeed: self.seed == nil ? sealed : "")
                guard let known else { return .store(record.document, telling: [], TicketKeys(current: own)) }
                let isOver = known.previousUntil.map { $0 <= now } ?? false
                let others = [known.current, isOver ? nil : known.previous].compactMap(\.self)
                let keys = TicketKeys(current: own, previous: others)
                // A relay of the previous key, which has not been told of the new one yet, does not take it back.
                guard own.publicKey != known.current, own.publicKey != known.previous else { return .keep(keys) }
                record.previous = known.current
                record.previousUntil = now.adding(seconds: self.longestTicketSeconds)
                return .store(record.document, telling: [], keys)
            }
        } catch {
            guard case .broker(let error) = error else { preconditionFailure("nothing refuses") }
            throw .broker(error)
        }
    }
}
