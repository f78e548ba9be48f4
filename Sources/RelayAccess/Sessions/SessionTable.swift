import RelayCore

/// The verified-token cache, and the one live session of each revocable token.
///
/// The cache is two generations of bounded dictionaries: what is used moves to the young one, and when that is full the
/// old one goes. So a hit costs one lookup, no order is kept, and memory is bounded whatever clients send.
struct SessionTable {
    typealias Generation = [String: Session]

    private struct WeakSession {
        weak var session: Session?
    }

    private let capacityOfGeneration: Int
    /// By the text that clients present.
    private var young: Generation = [:]
    private var old: Generation = [:]
    /// How full the young generation is: see ``weight(_:)``.
    private var weight = 0
    /// By jti: so that a logout finds the session however it is held, and a token has one session only.
    private var live: [String: WeakSession] = [:]
    /// How often the issuers have changed whose tokens are believed.
    private(set) var issuersEpoch = 0
    private var sweepsAtCount = Self.smallestSweep

    private static let smallestSweep = 1024

    /// - Parameter capacity: how many tokens are remembered at most, a long one as several. At least 2.
    init(capacity: Int) {
        self.capacityOfGeneration = max(1, capacity / 2)
    }

    var cachedCount: Int { self.young.count + self.old.count }
    /// Live sessions with a jti, and what was not yet swept of those that are gone.
    var trackedCount: Int { self.live.count }
    var liveJTIs: [String] { self.live.filter { $0.value.session != nil }.map(\.key) }

    mutating func cached(_ text: String) -> Session? {
        if let place = self.young.index(forKey: text) {
            return Self.areSameBytes(self.young[place].key, text) ? self.young[place].value : nil
        }
        guard let place = self.old.index(forKey: text), Self.areSameBytes(self.old[place].key, text) else { return nil }
        let (key, session) = self.old.remove(at: place)
        self.weight += Self.weight(key)
        self.young[key] = session
        return session
    }

    /// What a token counts for: 1 for each half kilobyte of it begun, which an access token is. A session of a service token has its names once
    /// more, and is of the size of its text.
    private static func weight(_ text: String) -> Int { text.utf8.count / 512 + 1 }

    /// Of two texts that Swift takes for equal, the first a verified token: those are ASCII, and all other forms of ASCII are longer.
    private static func areSameBytes(_ known: String, _ text: String) -> Bool { known.utf8.count == text.utf8.count }

    /// - Returns: what was forgotten for it. The caller drops it after the lock: that may free thousands of objects. Nil where the session is not
    ///   remembered: its token was read by issuers of before.
    mutating func remember(_ session: Session, as text: String) -> Generation? {
        if let epoch = session.issuersEpoch, epoch != self.issuersEpoch { return nil }
        self.old.removeValue(forKey: text)
        if self.young.updateValue(session, forKey: text) == nil { self.weight += Self.weight(text) }
        guard self.weight >= self.capacityOfGeneration else { return [:] }
        defer {
            self.old = self.young
            self.young = [:]
            self.weight = 0
        }
        return self.old
    }

    /// Forgets the tokens of other issuers, those too that are being read.
    ///
    /// - Returns: what was forgotten. The caller drops it after the lock.
    mutating func forgetForeign() -> [Generation] {
        self.issuersEpoch += 1
        defer {
            self.young = self.young.filter { $0.value.permissions == nil }
            self.old = self.old.filter { $0.value.permissions == nil }
            self.weight = self.young.keys.reduce(0) { $0 + Self.weight($1) }
        }
        return [self.young, self.old]
    }

    /// The session for a token that was verified: the one that lives, or a new one.
    ///
    /// - Returns: nil where another token with the same jti is in use. The relay never issues such.
    mutating func session(for claims: AccessClaims, of account: Account) -> Session? {
        guard let jti = claims.jti else {
            return Session(account: account, jti: nil, expiresAt: claims.expiresAt, generation: claims.generation)
        }
        if let session = self.live[jti]?.session {
            let isSame =
                session.account === account && session.expiresAt == claims.expiresAt
                && session.generation == claims.generation && session.scope == claims.limits?.scope
            return isSame ? session : nil
        }
        self.sweepIfGrown()
        let session = Session(
            account: account,
            jti: jti,
            expiresAt: claims.expiresAt,
            generation: claims.generation,
            scope: claims.limits?.scope
        )
        self.live[jti] = WeakSession(session: session)
        return session
    }

    func liveSession(_ jti: String) -> Session? {
        self.live[jti]?.session
    }

    private mutating func sweepIfGrown() {
        guard self.live.count >= self.sweepsAtCount else { return }
        self.live = self.live.filter { $0.value.session != nil }
        self.sweepsAtCount = max(Self.smallestSweep, 2 * self.live.count)
    }
}
