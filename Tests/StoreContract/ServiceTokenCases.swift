import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let serviceTokenCases: [ContractCase] = [
        ContractCase("a service token comes back as it was stored") { under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u"))
                let full = ServiceToken(
                    id: "full",
                    user: UserID("u"),
                    label: "é\u{0}🐙",
                    scope: TokenScope(
                        reach: Reach(
                            topics: [TopicName(path: "b"), TopicName(path: "a")],
                            prefixes: ["document/", "p"]
                        ),
                        permissions: [.read, .write],
                        peer: "tab \"1\""
                    ),
                    createdAt: .at(0.000_001),
                    expiresAt: .at(10)
                )
                #expect(try await store.insertServiceToken(full, generation: 0, most: 9) == .stored)
                #expect(try await store.insertServiceToken(.of("plain"), generation: 0, most: 9) == .stored)
                #expect(try await store.serviceToken("full") == full)
                #expect(try await store.serviceToken("plain") == .of("plain"))
                #expect(try await store.serviceToken("x") == nil)
            }
        },
        ContractCase("a service token is stored for who has the password, and room") { under in
            try await under.withStore { store in
                #expect(try await store.insertServiceToken(.of("a"), generation: 0, most: 9) == .outdated)
                _ = try await store.createUser(.of("u"))
                _ = try await store.createUser(.of("v"))
                #expect(try await store.insertServiceToken(.of("a"), generation: 1, most: 9) == .outdated)
                #expect(try await store.insertServiceToken(.of("a"), generation: 0, most: 2) == .stored)
                #expect(try await store.insertServiceToken(.of("b"), generation: 0, most: 2) == .stored)
                #expect(try await store.insertServiceToken(.of("c"), generation: 0, most: 2) == .full)
                #expect(try await store.insertServiceToken(.of("d", user: "v"), generation: 0, most: 2) == .stored)
                #expect(try await store.serviceToken("c") == nil)
                #expect(try await store.removeServiceToken("a"))
                #expect(try await store.removeServiceToken("a") == false)
                #expect(try await store.insertServiceToken(.of("c"), generation: 0, most: 2) == .stored)
            }
        },
        ContractCase("of many service tokens at once no more are stored than may be") { under in
            try await under.withStore { store in
                _ = try await store.createUser(.of("u"))
                let stored = try await withThrowingTaskGroup(of: ServiceTokenInsertion.self) { group in
                    for index in 0..<24 {
                        group.addTask { try await store.insertServiceToken(.of("t\(index)"), generation: 0, most: 5) }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 == .stored ? 1 : 0 }
                }
                #expect(stored == 5)
                #expect(try await store.serviceTokens(of: UserID("u"), after: nil, limit: 100).count == 5)
            }
        },
        ContractCase("service tokens are listed by creation, then id, of one user or of all") { under in
            try await under.withStore { store in
                for user in ["u", "v"] { _ = try await store.createUser(.of(user)) }
                for (id, user, seconds) in [("b", "u", 1.0), ("c", "v", 0), ("a", "u", 1), ("d", "u", 0.5)] {
                    _ = try await store.insertServiceToken(.of(id, user: user, at: seconds), generation: 0, most: 9)
                }
                let all = try await store.serviceTokens(of: nil, after: nil, limit: 100)
                #expect(all.map(\.id) == ["c", "d", "a", "b"])
                let own = try await store.serviceTokens(of: UserID("u"), after: nil, limit: 2)
                #expect(own.map(\.id) == ["d", "a"])
                let rest = try await store.serviceTokens(of: UserID("u"), after: own.last?.place, limit: 2)
                #expect(rest.map(\.id) == ["b"])
                let gone = ServiceTokenPlace(createdAt: .at(0), id: "cc")
                #expect(try await store.serviceTokens(of: nil, after: gone, limit: 1).map(\.id) == ["d"])
                #expect(try await store.serviceTokens(of: UserID("x"), after: nil, limit: 9).isEmpty)
                #expect(try await store.serviceTokens(of: nil, after: nil, limit: 0).isEmpty)
            }
        },
        ContractCase("service tokens go when they end, with another password, and with their user") { under in
            try await under.withStore { store in
                for user in ["u", "v"] { _ = try await store.createUser(.of(user)) }
                for (id, user, end) in [("a", "u", 5.0), ("b", "u", 6), ("c", "v", 7), ("d", "v", 8)] {
                    let token = ServiceToken.of(id, user: user, until: end)
                    _ = try await store.insertServiceToken(token, generation: 0, most: 9)
                }
                try await store.sweepServiceTokens(at: .at(5))
                #expect(try await store.serviceTokens(of: nil, after: nil, limit: 9).map(\.id) == ["b", "c", "d"])
                _ = try await store.updateUser(UserID("u"), UserChanges(isActive: false))
                #expect(try await store.serviceToken("b") != nil)
                _ = try await store.updateUser(UserID("u"), UserChanges(passwordHash: "new"))
                #expect(try await store.serviceTokens(of: nil, after: nil, limit: 9).map(\.id) == ["c", "d"])
                #expect(try await store.insertServiceToken(.of("e"), generation: 0, most: 9) == .outdated)
                #expect(try await store.insertServiceToken(.of("e"), generation: 1, most: 1) == .stored)
                _ = try await store.deleteUser(UserID("v"))
                #expect(try await store.serviceTokens(of: nil, after: nil, limit: 9).map(\.id) == ["e"])
                #expect(try await store.serviceToken("c") == nil)
                // Nothing of those that are gone comes back, or is in the way.
                try await store.sweepServiceTokens(at: .at(2_000))
                #expect(try await store.serviceTokens(of: nil, after: nil, limit: 9).isEmpty)
            }
        },
    ]
}

extension ServiceToken {
    static func of(
        _ id: String,
        user: String = "u",
        at created: Double = 0,
        until end: Double = 1_000
    ) -> ServiceToken {
        ServiceToken(
            id: id,
            user: UserID(user),
            label: nil,
            scope: TokenScope(
                reach: Reach(topics: [TopicName(path: "t")], prefixes: []),
                permissions: [.read],
                peer: nil
            ),
            createdAt: .at(created),
            expiresAt: .at(end)
        )
    }
}
