import RelayCore
public import RelayWire

/// A device that waits until somebody lets it in.
public struct DeviceRequest: Hashable, Sendable {
    /// What somebody has said about it.
    enum Decision: Hashable, Sendable {
        case denied
        /// - Parameter generation: the ``User/passwordGeneration`` that the user had then.
        case approved(UserID, generation: Int64)
    }

    /// What its user types in.
    public let userCode: UserCode
    /// What the device calls itself: anything, so it is shown as a text and nothing more. Without control characters.
    public let clientHint: String?
    /// Where the device asks from, as the relay sees it.
    public let address: String
    public let requestedAt: Timestamp
    /// From then on nobody can let it in.
    public let expiresAt: Timestamp
    /// Whether the device asks for a second chain of refresh tokens.
    let wantsPair: Bool
    /// nil: nobody has decided yet.
    var decision: Decision?
    var lastPolledAt: Timestamp?

    static let longestHint = 100

    init(
        userCode: UserCode,
        clientHint: String?,
        address: String,
        requestedAt: Timestamp,
        expiresAt: Timestamp,
        wantsPair: Bool
    ) {
        self.userCode = userCode
        self.clientHint = clientHint.flatMap(Self.shown)
        self.address = address
        self.requestedAt = requestedAt
        self.expiresAt = expiresAt
        self.wantsPair = wantsPair
    }

    /// Without what would let a text pass for another: line breaks, and marks that turn the direction of writing.
    private static func shown(_ hint: String) -> String? {
        let scalars = hint.unicodeScalars.filter { scalar in
            switch scalar.properties.generalCategory {
            case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
        var text = String.UnicodeScalarView()
        text.append(contentsOf: scalars.prefix(Self.longestHint))
        return text.isEmpty ? nil : String(text)
    }

    // MARK: Polls

    /// What a device's question does.
    enum Poll: Hashable, Sendable {
        /// Nobody has decided yet. The request is stored anew.
        case wait(DeviceRequest, isTooSoon: Bool)
        case deny
        case grant(UserID, generation: Int64)
    }

    /// What a network may bring two questions closer to each other, in microseconds.
    private static let jitter: Int64 = 250_000

    /// A clock that was set back makes nobody wait.
    private func isTooSoon(_ now: Timestamp, _ intervalSeconds: Int64) -> Bool {
        guard let last = self.lastPolledAt, last <= now else { return false }
        return now.microseconds + Self.jitter < last.adding(seconds: intervalSeconds).microseconds
    }

    /// - Parameter intervalSeconds: what has to be between two questions. It counts only while nobody has decided.
    func polled(at now: Timestamp, intervalSeconds: Int64) -> Poll {
        switch self.decision {
        case .denied: return .deny
        case .approved(let user, let generation): return .grant(user, generation: generation)
        case nil:
            var request = self
            request.lastPolledAt = now
            return .wait(request, isTooSoon: self.isTooSoon(now, intervalSeconds))
        }
    }
}

// MARK: - As it is stored

extension DeviceRequest {
    private struct Stored: Codable {
        var code: String
        var hint: String?
        var address: String
        var at: Int64
        var until: Int64
        var pair: Bool
        var denied: Bool?
        var user: String?
        var generation: Int64?
        var polled: Int64?
    }

    /// - Returns: nil where it is nothing that ``encoded()`` wrote.
    init?(decoding bytes: [UInt8]) {
        guard let stored = StoredJSON.value(Stored.self, from: bytes), let code = UserCode(stored.code)
        else { return nil }
        self.init(
            userCode: code,
            clientHint: stored.hint,
            address: stored.address,
            requestedAt: Timestamp(microseconds: stored.at),
            expiresAt: Timestamp(microseconds: stored.until),
            wantsPair: stored.pair
        )
        if stored.denied == true { self.decision = .denied }
        if let user = stored.user { self.decision = .approved(UserID(user), generation: stored.generation ?? 0) }
        self.lastPolledAt = stored.polled.map { Timestamp(microseconds: $0) }
    }

    func encoded() -> [UInt8] {
        var stored = Stored(
            code: self.userCode.letters,
            hint: self.clientHint,
            address: self.address,
            at: self.requestedAt.microseconds,
            until: self.expiresAt.microseconds,
            pair: self.wantsPair,
            polled: self.lastPolledAt?.microseconds
        )
        switch self.decision {
        case .denied: stored.denied = true
        case .approved(let user, let generation): (stored.user, stored.generation) = (user.rawValue, generation)
        case nil: break
        }
        return StoredJSON.bytes(stored)
    }
}
