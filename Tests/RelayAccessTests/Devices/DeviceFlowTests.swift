import RelayCore
import RelayWire
import Testing

@testable import RelayAccess

@Suite
struct DeviceFlowTests {
    let bench: Bench

    init() throws {
        self.bench = try Bench()
    }

    private var devices: DeviceFlow { self.bench.access.devices }

    private func begin(hint: String? = "a lamp", pair: Bool = false) async throws -> DeviceAuthorization {
        try await self.devices.begin(clientHint: hint, address: "192.0.2.7", wantsPair: pair)
    }

    /// Asks when it may.
    private func answer(_ device: DeviceAuthorization) async throws -> String {
        self.bench.clock.advance(seconds: 5)
        return try await self.answerNow(device.deviceCode)
    }

    private func answerNow(_ code: String) async throws -> String {
        switch try await self.devices.answer(code) {
        case .tokens: "tokens"
        case .pending: "pending"
        case .slowDown: "slow down"
        case .denied: "denied"
        case .expired: "expired"
        }
    }

    @Test("A device that was approved gets tokens of whoever approved it, once")
    func approval() async throws {
        let device = try await self.begin()
        #expect(device.expiresIn == 600 && device.interval == 5)
        #expect(Base64URL.decode(device.deviceCode.utf8)?.count == 32)
        #expect(try await self.answer(device) == "pending")
        #expect(try await self.devices.approve(device.userCode, for: self.bench.ada))
        guard case .tokens(let pair) = try await self.devices.answer(device.deviceCode) else {
            Issue.record("no tokens")
            return
        }
        #expect(try await self.bench.authenticate(pair.accessToken).account.username == "ada")
        #expect(pair.secondRefreshToken == nil)
        #expect(try await self.answer(device) == "expired")
        let live = try await self.bench.access.refreshChains.sessions(of: self.bench.ada.id)
        #expect(live.map(\.clientHint) == ["a lamp"])
    }

    @Test("A pair is two chains, of which one survives the other")
    func pair() async throws {
        let device = try await self.begin(hint: nil, pair: true)
        _ = try await self.devices.approve(device.userCode, for: self.bench.ada)
        guard case .tokens(let pair) = try await self.devices.answer(device.deviceCode),
            let second = pair.secondRefreshToken
        else {
            Issue.record("no pair")
            return
        }
        let chains = self.bench.access.refreshChains
        #expect(try await chains.sessions(of: self.bench.ada.id).map(\.clientHint) == ["device", "device"])
        try await chains.revoke(pair.refreshToken, wholeChain: true)
        _ = try await chains.refresh(second)
    }

    @Test("A device that was sent away is told so once, and can't be approved any more")
    func denial() async throws {
        let device = try await self.begin()
        #expect(try await self.devices.deny(device.userCode))
        #expect(try await self.devices.request(device.userCode) == nil)
        #expect(try await self.devices.approve(device.userCode, for: self.bench.ada) == false)
        #expect(try await self.devices.deny(device.userCode) == false)
        #expect(try await self.answer(device) == "denied")
        #expect(try await self.answer(device) == "expired")
    }

    @Test("Who asks too often is told to slow down, and is let in nonetheless")
    func slowDown() async throws {
        let device = try await self.begin()
        #expect(try await self.answerNow(device.deviceCode) == "pending")
        #expect(try await self.answerNow(device.deviceCode) == "slow down")
        self.bench.clock.advance(seconds: 4)
        #expect(try await self.answerNow(device.deviceCode) == "slow down")
        self.bench.clock.advance(seconds: 5)
        #expect(try await self.answerNow(device.deviceCode) == "pending")
        self.bench.clock.advance(seconds: -3600)
        #expect(try await self.answerNow(device.deviceCode) == "pending")
        _ = try await self.devices.approve(device.userCode, for: self.bench.ada)
        #expect(try await self.answerNow(device.deviceCode) == "tokens")
    }

    @Test("After its time a code is nobody's")
    func expiry() async throws {
        let device = try await self.begin()
        _ = try await self.devices.approve(device.userCode, for: self.bench.ada)
        self.bench.clock.advance(seconds: 600)
        #expect(try await self.devices.request(device.userCode) == nil)
        #expect(try await self.answerNow(device.deviceCode) == "expired")
        #expect(self.bench.store.edit { $0.refreshTokens.isEmpty })
        try await self.bench.access.sweep()
        #expect(self.bench.store.edit { $0.pending.isEmpty })
    }

    @Test("Codes made up, and a code in the place of the other, open nothing")
    func guesses() async throws {
        let device = try await self.begin()
        let guesses = ["", "x", device.userCode.description, device.userCode.letters, device.deviceCode + "A"]
        for guess in guesses + [String(repeating: "A", count: 100_000)] {
            #expect(try await self.answerNow(guess) == "expired")
        }
        #expect(UserCode(device.deviceCode) == nil)
        #expect(try await self.answer(device) == "pending")
    }

    @Test("The store has no device's secret")
    func secrecy() async throws {
        let device = try await self.begin()
        let records = self.bench.store.edit { Array($0.pending.values) }
        #expect(records.count == 1)
        for record in records {
            #expect(!record.id.contains(device.deviceCode) && record.id.count == 64)
            #expect(!String(decoding: record.value, as: UTF8.self).contains(device.deviceCode))
        }
    }

    @Test(
        "Who may not act any more lets nobody in",
        arguments: ["inactive", "gone", "another password"]
    )
    func later(_ change: String) async throws {
        let device = try await self.begin()
        let ada = self.bench.ada
        #expect(try await self.devices.approve(device.userCode, for: ada))
        self.bench.store.edit { state in
            switch change {
            case "inactive": state.users[ada.id]?.isActive = false
            case "gone": state.users[ada.id] = nil
            default: state.users[ada.id]?.passwordGeneration += 1
            }
        }
        #expect(try await self.answer(device) == "denied")
        #expect(try await self.answer(device) == "expired")
        #expect(self.bench.store.edit { $0.refreshTokens.isEmpty })
    }

    @Test("An approval that meets a question of the device holds, and so does one that meets a denial")
    func interleaving() async throws {
        let device = try await self.begin()
        let devices = self.devices
        self.bench.store.edit { state in
            state.beforePending = { _ = try? await devices.answer(device.deviceCode) }
        }
        #expect(try await devices.approve(device.userCode, for: self.bench.ada))
        #expect(try await self.answer(device) == "tokens")

        let other = try await self.begin()
        self.bench.store.edit { state in
            state.beforePending = { _ = try? await devices.deny(other.userCode) }
        }
        #expect(try await devices.approve(other.userCode, for: self.bench.ada) == false)
        #expect(try await self.answer(other) == "denied")
    }

    @Test("No more devices wait than may")
    func bound() async throws {
        var settings = AccessSettings(tokenSecret: Bench.secret)
        settings.devices.maxWaiting = 2
        let clock = self.bench.clock
        let access = try Access(store: self.bench.store, hasher: self.bench.hasher, settings: settings) { clock.now }
        for _ in 0..<2 { _ = try await access.devices.begin(clientHint: nil, address: "a", wantsPair: false) }
        let code = await refusal { () throws(AccessError) in
            _ = try await access.devices.begin(clientHint: nil, address: "a", wantsPair: false)
        }
        #expect(code == .overloaded)
        clock.advance(seconds: 600)
        _ = try await access.devices.begin(clientHint: nil, address: "a", wantsPair: false)
    }

    @Test("A store that is down is 503, and neither a refusal nor a denial")
    func storeDown() async throws {
        let device = try await self.begin()
        self.bench.store.edit { $0.failure = StoreError(.unavailable, "down") }
        let devices = self.devices
        let answer = await refusal { () throws(AccessError) in _ = try await devices.answer(device.deviceCode) }
        let request = await refusal { () throws(AccessError) in _ = try await devices.request(device.userCode) }
        let denial = await refusal { () throws(AccessError) in _ = try await devices.deny(device.userCode) }
        #expect([answer, request, denial] == [.unavailable, .unavailable, .unavailable])
    }
}
