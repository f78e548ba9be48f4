import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let userCases: [ContractCase] = [
        ContractCase("a user comes back as it was stored, by id and by name") { under in
            try await under.withStore { store in
                let user = User(
                    id: UserID("u"),
                    username: "ø🐙\u{0}x",
                    createdAt: .at(0.000_001),
                    email: "",
                    isActive: false,
                    permissions: [.admin, .write],
                    passwordHash: "$argon2id$…",
                    passwordGeneration: 7
                )
                let isCreated = try await store.createUser(user)
                #expect(isCreated)
                #expect(try await store.user(user.id) == user)
                #expect(try await store.user(named: user.username) == user)
                #expect(try await store.user(named: "ø🐙") == nil)
                #expect(try await store.user(UserID("x")) == nil)
            }
        },
        ContractCase("usernames are unique, compared byte for byte") { under in
            try await under.withStore { store in
                let names = ["ann", "Ann", "ann ", "ann\u{0}", "ann\u{0}b", "é", "e\u{301}"]
                for (index, name) in names.enumerated() {
                    #expect(try await store.createUser(.of("u\(index)", name)))
                }
                for (index, name) in names.enumerated() {
                    #expect(try await store.createUser(.of("v\(index)", name)) == false)
                    #expect(try await store.user(named: name)?.id == UserID("u\(index)"))
                }
                let total = try await store.userCounts().total
                #expect(total == names.count)
            }
        },
        ContractCase("of many who want one username at once one gets it") { under in
            try await under.withStore { store in
                let created = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for index in 0..<32 { group.addTask { try await store.createUser(.of("u\(index)", "ann")) } }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(created == 1)
                #expect(try await store.users(after: nil, limit: 1_000).count == 1)
            }
        },
        ContractCase("users are listed by creation, then id, and counted") { under in
            try await under.withStore { store in
                for (id, seconds) in [("b", 1.0), ("c", 0), ("a", 1)] {
                    _ = try await store.createUser(.of(id, at: seconds, isActive: id != "a"))
                }
                #expect(try await store.users(after: nil, limit: 1_000).map(\.id.rawValue) == ["c", "a", "b"])
                #expect(try await store.userCounts() == UserCounts(total: 3, active: 2))
                let first = try await store.users(after: nil, limit: 2)
                #expect(first.map(\.id.rawValue) == ["c", "a"])
                #expect(try await store.users(after: first.last?.place, limit: 2).map(\.id.rawValue) == ["b"])
                let gone = UserPlace(createdAt: .at(1), id: UserID("aa"))
                #expect(try await store.users(after: gone, limit: 2).map(\.id.rawValue) == ["b"])
                #expect(try await store.users(after: nil, limit: 0).isEmpty)
            }
        },
        ContractCase("an update changes only what is given, and can remove the address") { under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u"))
                var user = User.of("u")
                #expect(try await store.updateUser(user.id, UserChanges()) == user)
                user.email = "a@b"
                #expect(try await store.updateUser(user.id, UserChanges(email: "a@b")) == user)
                user.isActive = false
                user.permissions = [.write]
                user.passwordHash = "h"
                user.passwordGeneration = 1
                let changes = UserChanges(isActive: false, permissions: [.write], passwordHash: "h")
                #expect(try await store.updateUser(user.id, changes) == user)
                user.email = nil
                #expect(try await store.updateUser(user.id, UserChanges(email: .some(nil))) == user)
                #expect(try await store.user(user.id) == user)
                #expect(try await store.updateUser(UserID("x"), changes) == nil)
            }
        },
        ContractCase("a new password takes the user's tokens, and none are stored by an old one afterwards") { under in
            try await under.withStore { store in
                for id in ["u", "v"] { _ = try await store.createUser(.of(id)) }
                #expect(try await store.insertRefreshToken(.of("j0", user: "u"), generation: 0))
                #expect(try await store.insertRefreshToken(.of("k", user: "v"), generation: 0))
                _ = try await store.rotateRefreshToken(.attempt("j0", "j1"))
                let user = try await store.updateUser(UserID("u"), UserChanges(passwordHash: "new"))
                #expect(user?.passwordGeneration == 1)
                for jti in ["j0", "j1"] { #expect(try await store.refreshToken(jti) == nil) }
                #expect(try await store.refreshToken("k") != nil)
                #expect(try await store.rotateRefreshToken(.attempt("j1", "j2")) == .invalid)
                #expect(try await store.insertRefreshToken(.of("j3", user: "u"), generation: 0) == false)
                #expect(try await store.insertRefreshToken(.of("j3", user: "u"), generation: 2) == false)
                #expect(try await store.refreshToken("j3") == nil)
                #expect(try await store.insertRefreshToken(.of("j3", user: "u"), generation: 1))
                #expect(try await store.insertRefreshToken(.of("x", user: "nobody"), generation: 0) == false)
                #expect(try await store.user(UserID("u")) == user)
            }
        },
        ContractCase("a change that expects another password than the user has changes nothing") { under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u"))
                let id = UserID("u")
                let first = UserChanges(email: "a@b", passwordHash: "one", expectedGeneration: 0)
                #expect(try await store.updateUser(id, first)?.passwordGeneration == 1)
                #expect(try await store.insertRefreshToken(.of("j", user: "u"), generation: 1))
                let user = try await store.user(id)
                for generation in [0, 2, -1, Int64.max] {
                    let changes = UserChanges(
                        email: "c@d",
                        isActive: false,
                        permissions: [],
                        passwordHash: "two",
                        expectedGeneration: generation
                    )
                    #expect(try await store.updateUser(id, changes) == nil)
                }
                #expect(try await store.user(id) == user)
                #expect(try await store.userCounts() == UserCounts(total: 1, active: 1))
                #expect(try await store.refreshToken("j") != nil)
                let second = UserChanges(isActive: false, expectedGeneration: 1)
                #expect(try await store.updateUser(id, second)?.isActive == false)
                #expect(try await store.updateUser(UserID("x"), first) == nil)
            }
        },
        ContractCase("of many who change one password at once, expecting the same, one does") { under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u"))
                let hashes = try await withThrowingTaskGroup(of: String?.self) { group in
                    for index in 0..<32 {
                        let changes = UserChanges(passwordHash: "h\(index)", expectedGeneration: 0)
                        group.addTask { try await store.updateUser(UserID("u"), changes)?.passwordHash }
                    }
                    return try await group.reduce(into: [String]()) { $0 += [$1].compactMap(\.self) }
                }
                #expect(hashes.count == 1)
                let user = try await store.user(UserID("u"))
                #expect(user?.passwordHash == hashes.first)
                #expect(user?.passwordGeneration == 1)
            }
        },
        ContractCase("of log-ins and a new password at once, no token of the old password is left") { under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u"))
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<32 {
                        group.addTask {
                            _ = try await store.insertRefreshToken(.of("j\(index)", user: "u"), generation: 0)
                        }
                        guard index == 16 else { continue }
                        group.addTask { _ = try await store.updateUser(UserID("u"), UserChanges(passwordHash: "new")) }
                    }
                    try await group.waitForAll()
                }
                #expect(try await store.liveRefreshTokens(of: UserID("u"), at: .at(0)).isEmpty)
            }
        },
        ContractCase("another hash of the same password changes no generation, and replaces only what it knows") {
            under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u"))
                _ = try await store.updateUser(UserID("u"), UserChanges(passwordHash: "one"))
                _ = try await store.insertRefreshToken(.of("j", user: "u"), generation: 1)
                #expect(try await store.replacePasswordHash(of: UserID("u"), "one", by: "two"))
                #expect(try await store.replacePasswordHash(of: UserID("u"), "one", by: "three") == false)
                #expect(try await store.replacePasswordHash(of: UserID("x"), "one", by: "two") == false)
                let user = try await store.user(UserID("u"))
                #expect(user?.passwordHash == "two")
                #expect(user?.passwordGeneration == 1)
                #expect(try await store.refreshToken("j") != nil)
            }
        },
        ContractCase("deletion takes grants and tokens, leaves topics, and frees the name") { under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u", "ann"))
                for name in ["b", "a", "own"] {
                    _ = try await store.createTopic(.of(.named(name), owner: name == "own" ? "u" : "v"))
                }
                for (user, name) in [("u", "b"), ("u", "a"), ("v", "a")] {
                    _ = try await store.addGrant(.to(user), to: .named(name))
                }
                try await store.insertRefreshToken(.of("j", user: "u"))
                try await store.insertRefreshToken(.of("k", user: "v"))
                #expect(try await store.deleteUser(UserID("u")) == [.named("a"), .named("b")])
                #expect(try await store.deleteUser(UserID("u")) == nil)
                #expect(try await store.user(named: "ann") == nil)
                #expect(try await store.topic(.named("a"))?.grants == [.to("v")])
                #expect(try await store.topics(of: UserID("u")).map(\.record.key) == [.named("own")])
                #expect(try await store.refreshToken("j") == nil)
                #expect(try await store.refreshToken("k") != nil)
                #expect(try await store.createUser(.of("u2", "ann")))
            }
        },
        ContractCase("users, tokens and the deny list survive reopening") { under in
            try await under.withReopening { store in
                _ = try await store.createUser(.of("u"))
                try await store.insertRefreshToken(.of("j", user: "u"))
                try await store.denyToken("d", of: UserID("u"), until: .at(10))
            } after: { store, _ in
                let users = try await store.users(after: nil, limit: 1_000)
                #expect(users == [.of("u")])
                #expect(try await store.refreshToken("j") == .of("j", user: "u"))
                #expect(try await store.isTokenDenied("d", at: .at(9)))
            }
        },
    ]
}
