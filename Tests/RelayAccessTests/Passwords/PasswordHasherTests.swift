import Testing

@testable import RelayAccess

@Suite
struct PasswordHasherTests {
    /// As cheap as argon2 allows.
    static let cheap = PasswordHashParameters(memoryKiB: 8, passes: 1, lanes: 1)

    static func withHasher(
        threads: Int = 1,
        maximumWaiting: Int = 64,
        _ body: (PasswordHasher) async throws -> Void
    ) async throws {
        let hasher = PasswordHasher(
            parameters: try #require(Self.cheap),
            threads: threads,
            maximumWaiting: maximumWaiting
        )
        do {
            try await body(hasher)
            await hasher.shutdown()
        } catch {
            await hasher.shutdown()
            throw error
        }
    }

    @Test(
        "A hash matches its password and no other",
        arguments: ["correct horse", "", "nul\u{0}inside", "pässwörd 🔑", String(repeating: "x", count: 100_000)]
    )
    func roundTrip(password: String) async throws {
        try await Self.withHasher { hasher throws in
            let phc = try await hasher.hash(password)
            #expect(phc.hasPrefix("$argon2id$v=19$m=8,t=1,p=1$"))
            #expect(try await hasher.verify(password, against: phc))
            #expect(try await hasher.verify(password + "x", against: phc) == false)
            #expect(try await hasher.verify("nul", against: phc) == false)
        }
    }

    @Test("Two hashes of one password differ")
    func salted() async throws {
        try await Self.withHasher { hasher throws in
            let (first, second) = (try await hasher.hash("same"), try await hasher.hash("same"))
            #expect(first != second)
        }
    }

    @Test("A hash that others made (a vector of argon2's own test suite) is readable, and due for replacement")
    func foreign() async throws {
        let phc = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        try await Self.withHasher { hasher throws in
            #expect(hasher.needsRehash(phc))
            #expect(try await hasher.verify("password", against: phc))
            #expect(try await hasher.verify("Password", against: phc) == false)
        }
    }

    @Test(
        "What is no argon2id hash matches nothing",
        arguments: ["", "plain", "$2b$12$abcdefghijklmnopqrstuv", "$argon2id$v=19$m=8,t=1,p=1$", "$argon2id$v=19$m=8"]
    )
    func unreadable(phc: String) async throws {
        try await Self.withHasher { hasher throws in
            #expect(try await hasher.verify("anything", against: phc) == false)
            #expect(hasher.needsRehash(phc) == !phc.hasPrefix("$argon2id$v=19$m=8,t=1,p=1$"))
        }
    }

    @Test("The stand-in for unknown users is a readable hash with the real parameters, so checking it costs the same")
    func unmatchable() throws {
        let parameters = PasswordHashParameters.recommended
        let phc = parameters.unmatchablePHC
        let real = try Argon2.hash(Array("x".utf8), salt: SecureRandom.bytes(Argon2.saltBytes), parameters)
        #expect(phc.split(separator: "$").prefix(3) == real.split(separator: "$").prefix(3))
        #expect(phc.utf8.count == real.utf8.count)
        let matches = try Argon2.verify(Array("x".utf8), against: phc)
        #expect(!matches)
    }

    @Test("New parameters make old hashes stale")
    func rehash() async throws {
        try await Self.withHasher { hasher throws in
            #expect(hasher.needsRehash(PasswordHashParameters.recommended.unmatchablePHC))
            let fresh = try await hasher.hash("x")
            #expect(!hasher.needsRehash(fresh))
        }
    }

    @Test(
        "Parameters out of argon2's range are refused",
        arguments: [(7, 1, 1), (8, 0, 1), (8, 1, 0), (15, 1, 2), (8, 101, 1), (4096, 1, 65), (4_194_305, 1, 1)]
    )
    func parameters(memoryKiB: UInt32, passes: UInt32, lanes: UInt32) {
        #expect(PasswordHashParameters(memoryKiB: memoryKiB, passes: passes, lanes: lanes) == nil)
    }

    @Test("Of a burst, as many are served as may run and wait; the others are told so")
    func overload() async throws {
        // 1 may run and 2 may wait. A hash takes a good part of a second here, so that ten callers meet.
        let slow = try #require(PasswordHashParameters(memoryKiB: 65_536, passes: 3, lanes: 1))
        let hasher = PasswordHasher(parameters: slow, threads: 1, maximumWaiting: 2)
        let outcomes = await withTaskGroup(of: AccessError.Code?.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    await refusal { () throws(AccessError) in _ = try await hasher.hash("x") }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        await hasher.shutdown()
        #expect(outcomes.contains(nil))
        #expect(outcomes.allSatisfy { $0 == nil || $0 == .overloaded })
        #expect(outcomes.count { $0 == .overloaded } > 0)
    }

    @Test("Room comes back when jobs end")
    func recovers() async throws {
        try await Self.withHasher(maximumWaiting: 0) { hasher throws in
            for _ in 0..<5 { _ = try await hasher.hash("x") }
        }
    }

    @Test("After shutdown hashing is unavailable")
    func shutdown() async throws {
        let hasher = PasswordHasher(parameters: try #require(Self.cheap))
        await hasher.shutdown()
        await hasher.shutdown()
        let code = await refusal { () throws(AccessError) in _ = try await hasher.hash("x") }
        #expect(code == .unavailable)
    }
}
