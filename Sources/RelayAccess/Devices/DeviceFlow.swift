import Crypto
import RelayCore
import RelayWire

/// How devices are let in.
public struct DeviceFlowSettings: Hashable, Sendable {
    /// How long a device waits at most.
    public var lifeSeconds: Int64 = 600
    /// What has to be between two of its questions.
    public var intervalSeconds: Int64 = 5
    /// Devices that wait at a time, everywhere together. At least 1.
    public var maxWaiting = 10_000

    public init() {}
}

/// What a device gets when it asks to be let in.
public struct DeviceAuthorization: Sendable, CustomStringConvertible {
    /// With it the device asks whether it has been let in. A secret of the device's.
    public let deviceCode: String
    /// What it shows to its user.
    public let userCode: UserCode
    /// Seconds until both have expired.
    public let expiresIn: Int64
    /// Seconds between two questions.
    public let interval: Int64

    /// Without the device's secret.
    public var description: String { "DeviceAuthorization(expiresIn: \(self.expiresIn))" }
}

/// The answer to a device's question.
public enum DeviceAnswer: Sendable {
    /// It is let in. This is said once.
    case tokens(TokenPair)
    /// Nobody has decided yet.
    case pending
    /// The same, and it asks too often.
    case slowDown
    /// Somebody said no, or may not act any more. This is said once.
    case denied
    /// Unknown, expired, or answered for good before.
    case expired
}

/// Lets in devices that have no good way to take a password: the device shows a code, and its user says elsewhere that it may come in
/// (RFC 8628).
///
/// What waits is in the store, so a device and its user may each talk to another relay.
public struct DeviceFlow: Sendable {
    /// How often a code is thrown anew, or an answer found anew, because somebody else was faster.
    private static let attempts = 8
    private static let deviceCodeBytes = 32
    /// More than any code that a relay gives out.
    private static let longestDeviceCode = 256

    public var settings: DeviceFlowSettings { self.grants.settings.current.devices }
    private let store: any PendingStore & UserStore
    private let grants: TokenGrants
    private let now: TimeSource

    init(
        store: any PendingStore & UserStore,
        grants: TokenGrants,
        now: @escaping TimeSource
    ) {
        self.store = store
        self.grants = grants
        self.now = now
    }

    // MARK: For the device

    /// Begins a device's wait.
    ///
    /// - Parameters:
    ///   - clientHint: what the device calls itself. Cut to 100 characters.
    ///   - address: where it asks from.
    ///   - wantsPair: whether it is to get a second chain of refresh tokens.
    ///
    /// Throws `overloaded` where as many wait as may; `unavailable`.
    public func begin(
        clientHint: String?,
        address: String,
        wantsPair: Bool
    ) async throws(AccessError) -> DeviceAuthorization {
        let deviceCode = Base64URL.encode(SecureRandom.bytes(Self.deviceCodeBytes))
        let now = self.now()
        for _ in 0..<Self.attempts {
            let request = DeviceRequest(
                userCode: .random(),
                clientHint: clientHint,
                address: address,
                requestedAt: now,
                expiresAt: now.adding(seconds: self.settings.lifeSeconds),
                wantsPair: wantsPair
            )
            switch try await self.insert(request, deviceCode, at: now) {
            case .full: throw AccessError(.overloaded, cause: "too many devices wait to be let in")
            case .taken: continue
            case .stored:
                return DeviceAuthorization(
                    deviceCode: deviceCode,
                    userCode: request.userCode,
                    expiresIn: self.settings.lifeSeconds,
                    interval: self.settings.intervalSeconds
                )
            }
        }
        throw AccessError(.overloaded, cause: "no code was free")
    }

    /// Answers a device's question.
    ///
    /// Throws `unavailable`. Where that comes after the device was let in, its wait is over all the same: it begins anew.
    public func answer(_ deviceCode: String) async throws(AccessError) -> DeviceAnswer {
        guard deviceCode.utf8.count <= Self.longestDeviceCode else { return .expired }
        for _ in 0..<Self.attempts {
            let now = self.now()
            guard let (record, request) = try await self.waiting(.id(Self.id(of: deviceCode)), at: now) else {
                return .expired
            }
            switch request.polled(at: now, intervalSeconds: self.settings.intervalSeconds) {
            case .wait(let request, let isTooSoon):
                if try await self.replace(record, by: request) { return isTooSoon ? .slowDown : .pending }
            case .deny:
                if try await self.take(record) { return .denied }
            case .grant(let user, let generation):
                guard try await self.take(record) else { continue }
                return try await self.tokens(for: user, generation: generation, request, at: now)
            }
        }
        return .slowDown
    }

    // MARK: For its user

    /// The device that shows this code.
    ///
    /// - Returns: nil where none does, its time is over, or somebody has decided about it.
    public func request(_ userCode: UserCode) async throws(AccessError) -> DeviceRequest? {
        try await self.undecided(userCode, at: self.now())?.request
    }

    /// Lets the device in that shows this code, as `user`, who is known to be that: see ``Logins/user(named:password:)``.
    ///
    /// - Returns: false where ``request(_:)`` would find none. Of those who decide at once, one does.
    public func approve(_ userCode: UserCode, for user: User) async throws(AccessError) -> Bool {
        try await self.decide(.approved(user.id, generation: user.passwordGeneration), about: userCode)
    }

    /// Sends the device away that shows this code.
    ///
    /// - Returns: false where ``request(_:)`` would find none.
    public func deny(_ userCode: UserCode) async throws(AccessError) -> Bool {
        try await self.decide(.denied, about: userCode)
    }

    private func decide(
        _ decision: DeviceRequest.Decision,
        about userCode: UserCode
    ) async throws(AccessError) -> Bool {
        for _ in 0..<Self.attempts {
            guard let (record, found) = try await self.undecided(userCode, at: self.now()) else { return false }
            var request = found
            request.decision = decision
            // Its device may have asked meanwhile.
            if try await self.replace(record, by: request) { return true }
        }
        throw AccessError(.overloaded, cause: "a device asks too often")
    }

    private func undecided(
        _ userCode: UserCode,
        at now: Timestamp
    ) async throws(AccessError) -> (record: PendingRecord, request: DeviceRequest)? {
        guard let found = try await self.waiting(.alias(userCode.letters), at: now), found.request.decision == nil
        else { return nil }
        return found
    }

    // MARK: Tokens

    private func tokens(
        for id: UserID,
        generation: Int64,
        _ request: DeviceRequest,
        at now: Timestamp
    ) async throws(AccessError) -> DeviceAnswer {
        let user = try await AccessError.fromStore { () throws(StoreError) in try await self.store.user(id) }
        guard let user, user.isActive, user.passwordGeneration == generation else { return .denied }
        let hint = request.clientHint ?? "device"
        do {
            var pair = try await self.grants.begin(for: user, hint: hint, at: now)
            if request.wantsPair {
                pair.secondRefreshToken = try await self.grants.begin(for: user, hint: hint, at: now).refreshToken
            }
            return .tokens(pair)
        } catch {
            // Another password since.
            guard case .wrongCredentials = error.code else { throw error }
            return .denied
        }
    }

    // MARK: What waits

    /// Of the code only a digest is kept.
    private static func id(of deviceCode: String) -> String {
        String(hexadecimal: SHA256.hash(data: Array(deviceCode.utf8)))
    }

    private func insert(
        _ request: DeviceRequest,
        _ deviceCode: String,
        at now: Timestamp
    ) async throws(AccessError) -> PendingInsertion {
        let record = PendingRecord(
            kind: .device,
            id: Self.id(of: deviceCode),
            alias: request.userCode.letters,
            value: request.encoded(),
            expiresAt: request.expiresAt
        )
        return try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.insertPending(record, at: now, limit: max(1, self.settings.maxWaiting))
        }
    }

    private func waiting(
        _ name: PendingName,
        at now: Timestamp
    ) async throws(AccessError) -> (record: PendingRecord, request: DeviceRequest)? {
        let record = try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.pending(.device, name, at: now)
        }
        guard let record, let request = DeviceRequest(decoding: record.value) else { return nil }
        return (record, request)
    }

    private func replace(_ record: PendingRecord, by request: DeviceRequest) async throws(AccessError) -> Bool {
        let value = request.encoded()
        return try await AccessError.fromStore { () throws(StoreError) in
            try await self.store.replacePending(record, by: value)
        }
    }

    private func take(_ record: PendingRecord) async throws(AccessError) -> Bool {
        try await AccessError.fromStore { () throws(StoreError) in try await self.store.takePending(record) }
    }
}
