import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayAccess

@Suite("A user changes its own password")
struct OwnPasswordTests {
    private let bench: Bench

    init() throws {
        self.bench = try Bench()
    }

    private func pair(from old: String = Bench.password, to new: String = "another password")
        async throws(AccessError)
        -> TokenPair
    {
        try await self.bench.access.passwords.change(of: self.bench.ada.id, from: old, to: new)
    }

    private func code(from old: String = Bench.password, to new: String = "another password") async
        -> AccessError.Code?
    {
        await refusal { () throws(AccessError) in _ = try await self.pair(from: old, to: new) }
    }

    @Test("All that the old one gave ends, and who changed it goes on with new tokens")
    func change() async throws {
        let old = try await self.bench.login()
        let new = try await self.pair()
        let ended = await refusal { () throws(AccessError) in _ = try await self.bench.authenticate(old.accessToken) }
        #expect(ended == .tokenRevoked)
        #expect(try await self.bench.authenticate(new.accessToken).account.id == self.bench.ada.id)
        let signIns = try await self.bench.access.refreshChains.sessions(of: self.bench.ada.id)
        #expect(signIns.map(\.clientHint) == ["password-change"])
        _ = try await self.bench.access.refreshChains.refresh(new.refreshToken)
        #expect(await refusal { () throws(AccessError) in _ = try await self.bench.login() } == .wrongCredentials)
    }

    @Test("A wrong old password changes nothing")
    func wrong() async throws {
        let old = try await self.bench.login()
        #expect(await self.code(from: "wrong") == .wrongPassword)
        _ = try await self.bench.authenticate(old.accessToken)
        _ = try await self.bench.login()
    }

    @Test("What an administrator sets while it is changed stays")
    func meanwhile() async throws {
        let gate = Gate()
        self.bench.hasher.gate.withLock { $0 = gate }
        async let changed = self.code()
        await gate.arrival()
        _ = try await self.bench.access.users.update(self.bench.ada.id, UserPatch(password: "set by an administrator"))
        gate.open()
        #expect(await changed == .passwordChanged)
        _ = try await self.bench.access.logins.login(username: "ada", password: "set by an administrator")
    }

    @Test("What an administrator sets stays, also where it comes between the last look and the change")
    func lastMoment() async throws {
        let gate = Gate()
        self.bench.store.edit { $0.updateGate = gate }
        async let changed = self.code()
        await gate.arrival()
        _ = try await self.bench.access.users.update(self.bench.ada.id, UserPatch(password: "set by an administrator"))
        gate.open()
        #expect(await changed == .passwordChanged)
        _ = try await self.bench.access.logins.login(username: "ada", password: "set by an administrator")
    }

    @Test("Of two changes at once one is made, and the other is told so")
    func twice() async throws {
        let gate = Gate()
        self.bench.store.edit { $0.updateGate = gate }
        async let slow = self.code(to: "the slower one")
        await gate.arrival()
        #expect(await self.code(to: "the faster one") == nil)
        gate.open()
        #expect(await slow == .passwordChanged)
        _ = try await self.bench.access.logins.login(username: "ada", password: "the faster one")
        #expect(self.bench.store.edit { $0.users[self.bench.ada.id]?.passwordGeneration } == 1)
    }

    @Test("An administrator's password that is set before the change's own tokens are made ends them")
    func beforeTokens() async throws {
        let gate = Gate()
        self.bench.store.edit { $0.insertGate = gate }
        async let changed = self.code()
        await gate.arrival()
        _ = try await self.bench.access.users.update(self.bench.ada.id, UserPatch(password: "set by an administrator"))
        gate.open()
        #expect(await changed == .passwordChanged)
    }

    @Test("A new one that is too short is an issue of its field, before anything is hashed")
    func short() async throws {
        guard case .invalidFields(let issues) = await self.code(to: "short") else {
            Issue.record("it was not refused")
            return
        }
        #expect(issues.map(\.field) == ["new_password"])
    }

    @Test("Who has no password, or is not active, or is gone, changes none")
    func standing() async throws {
        let id = self.bench.ada.id
        self.bench.store.edit { $0.users[id]?.isActive = false }
        #expect(await self.code() == .accountInactive)
        self.bench.store.edit { state in
            state.users[id]?.isActive = true
            state.users[id]?.passwordHash = nil
        }
        #expect(await self.code() == .wrongPassword)
        self.bench.store.edit { $0.users[id] = nil }
        #expect(await self.code() == .userNotFound)
    }
}
