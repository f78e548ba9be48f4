public import RelayCore
import Synchronization

/// The keys by which this relay signs and verifies tickets.
///
/// A seed from the configuration is used as it is. Without one the first relay makes one, and leaves it in the store for the others, sealed under
/// the secret of access tokens. Either way the store has the public keys, so that all relays verify what any of them signed, and what was signed
/// by the key before.
public final class SessionKeys: Sendable {
    private let broker: Broker
    private let cluster: String
    private let secret: String
    private let seed: TicketSeed?
    /// Written by ``load()`` only.
    private let keys: Mutex<TicketKeys>

    /// - Parameters:
    ///   - seed: from the configuration; nil for the one that relays share.
    ///   - secret: of access tokens.
    public static func open(
        broker: Broker,
        cluster: String,
        seed: TicketSeed?,
        secret: String
    ) async throws(SessionFailure) -> SessionKeys {
        let keys = try await Self.agree(broker, cluster, seed, secret)
        return SessionKeys(broker, cluster, seed, secret, keys)
    }

    private init(
        _ broker: Broker,
        _ cluster: String,
        _ seed: TicketSeed?,
        _ secret: String,
        _ keys: TicketKeys
    ) {
        self.broker = broker
        self.cluster = cluster
        self.seed = seed
        self.secret = secret
        self.keys = Mutex(keys)
    }

    public var current: TicketKeys { self.keys.withLock { $0 } }

    /// Takes on what other relays have said meanwhile. To be called every so often.
    public func refresh() async throws(SessionFailure) {
        let keys = try await Self.agree(self.broker, self.cluster, self.seed, self.secret)
        self.keys.withLock { $0 = keys }
    }

    /// The keys by the record in the store, which is made or brought up to date where it has to be.
    private static func agree(
        _ broker: Broker,
        _ cluster: String,
        _ seed: TicketSeed?,
        _ secret: String
    ) async throws(SessionFailure) -> TicketKeys {
        var generator = SystemRandomNumberGenerator()
        let fresh = TicketSeed(using: &generator)
        let sealed = fresh.sealed(under: secret, for: cluster, using: &generator)
        do throws(TransitionFailure<Never>) {
            return try await broker.transition(SessionKeyTopic.key) { access throws(Never) in
                let known = access.state as? SessionKeyRecord
                let shared = known.flatMap { TicketSeed(sealed: $0.sealedSeed, under: secret, for: cluster) }
                let own = SigningKey(seed ?? shared ?? fresh)
                var record = SessionKeyRecord(current: own.publicKey, sealedSeed: seed == nil ? sealed : "")
                guard let known else { return .store(record.document, telling: [], TicketKeys(current: own)) }
                let others = [known.current, known.previous].compactMap(\.self)
                let keys = TicketKeys(current: own, previous: others)
                // A relay of the previous key, which has not been told of the new one yet, does not take it back.
                guard !others.contains(own.publicKey) else { return .keep(keys) }
                record.previous = known.current
                return .store(record.document, telling: [], keys)
            }
        } catch {
            guard case .broker(let error) = error else { preconditionFailure("nothing refuses") }
            throw .broker(error)
        }
    }
}
