import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let identityCases: [ContractCase] = [
        ContractCase("a user of another issuer is found by issuer and subject, byte for byte") { under in
            try await under.withStore { store in
                let identities = [
                    ("https://a.example.org", "1"), ("https://a.example.org", "10"), ("https://a.example.org1", "0"),
                    ("https://a.example.org/", "1"), ("https://b.example.org", "1"), ("https://A.example.org", "1"),
                    ("https://a.example.org", "ø|\u{0}"), ("https://a.example.org", "é"),
                    ("https://a.example.org", "e\u{301}"),
                ].map { FederatedIdentity(issuer: $0, subject: $1) }
                for (index, identity) in identities.enumerated() {
                    #expect(try await store.createUser(.of("u\(index)", identity: identity)))
                }
                for (index, identity) in identities.enumerated() {
                    let user = try await store.user(of: identity)
                    #expect(user == .of("u\(index)", identity: identity))
                    #expect(try await store.user(UserID("u\(index)")) == user)
                    #expect(try await store.user(named: "name-u\(index)") == user)
                }
                let strangers = [("https://a.example.org", "2"), ("", "1"), ("https://a.example.org", "")]
                for (issuer, subject) in strangers {
                    let stranger = FederatedIdentity(issuer: issuer, subject: subject)
                    #expect(try await store.user(of: stranger) == nil)
                }
                #expect(try await store.users(after: nil, limit: 100).compactMap(\.identity).count == identities.count)
            }
        },
        ContractCase("an identity has one user, and a taken name takes no identity") { under in
            try await under.withStore { store in
                let identity = FederatedIdentity(issuer: "https://a", subject: "1")
                let isCreated = try await store.createUser(.of("p", "ann"))
                #expect(isCreated)
                #expect(try await store.createUser(.of("u", "ann", identity: identity)) == false)
                #expect(try await store.user(of: identity) == nil)
                #expect(try await store.createUser(.of("u", "ann-a", identity: identity)))
                #expect(try await store.createUser(.of("v", "ann-b", identity: identity)) == false)
                #expect(try await store.user(named: "ann-b") == nil)
                #expect(try await store.user(named: "ann")?.identity == nil)
                #expect(try await store.userCounts().total == 2)
                // The name that was refused is free.
                #expect(try await store.createUser(.of("w", "ann-b")))
            }
        },
        ContractCase("of many sign-ins of one identity at once one makes the user") { under in
            try await under.withStore { store in
                let identity = FederatedIdentity(issuer: "https://a", subject: "1")
                let created = try await withThrowingTaskGroup(of: Bool.self) { group in
                    for index in 0..<32 {
                        group.addTask { try await store.createUser(.of("u\(index)", identity: identity)) }
                    }
                    return try await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
                }
                #expect(created == 1)
                #expect(try await store.users(after: nil, limit: 100).count == 1)
                #expect(try await store.user(of: identity) != nil)
            }
        },
        ContractCase("changes leave the identity, and deletion frees it") { under in
            try await under.withStore { store in
                let identity = FederatedIdentity(issuer: "https://a", subject: "1")
                _ = try await store.createUser(.of("u", identity: identity))
                let changes = UserChanges(email: "a@b", isActive: false, permissions: [.write], passwordHash: "h")
                #expect(try await store.updateUser(UserID("u"), changes)?.identity == identity)
                #expect(try await store.user(of: identity)?.permissions == [.write])
                #expect(try await store.deleteUser(UserID("u")) != nil)
                #expect(try await store.user(of: identity) == nil)
                #expect(try await store.createUser(.of("v", identity: identity)))
                #expect(try await store.user(of: identity)?.id == UserID("v"))
            }
        },
        ContractCase("identities survive reopening") { under in
            let identity = FederatedIdentity(issuer: "https://a", subject: "1")
            try await under.withReopening { store in
                _ = try await store.createUser(.of("u", identity: identity))
            } after: { store, _ in
                let user = try await store.user(of: identity)
                #expect(user == .of("u", identity: identity))
            }
        },
    ]
}
