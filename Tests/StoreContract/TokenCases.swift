import RelayAccess
import RelayCore
import RelayWire
import Testing

extension StoreContract {
    static let tokenCases: [ContractCase] = [
        ContractCase("a token comes back as it was stored") { under in
            try await under.withStore { store in
                var token = RefreshToken.of("j", user: "u")
                token.lastUsedAt = .at(1)
                token.rotatedAt = .at(2)
                token.successor = "k"
                token.revokedAt = .at(3)
                try await store.insertRefreshToken(token)
                try await store.insertRefreshToken(.of("plain", user: "u"))
                #expect(try await store.refreshToken("j") == token)
                #expect(try await store.refreshToken("plain") == .of("plain", user: "u"))
                #expect(try await store.refreshToken("x") == nil)
            }
        },
        ContractCase("rotation spends the token and stores its successor") { under in
            try await under.withStore { store in
                try await store.insertRefreshToken(.of("j0", user: "u"))
                let outcome = try await store.rotateRefreshToken(.attempt("j0", "j1", at: 5))
                let successor = try await store.refreshToken("j1")
                #expect(successor.map { .rotated($0) } == outcome)
                #expect(successor?.chain == "chain" && successor?.user == UserID("u"))
                let spent = try await store.refreshToken("j0")
                #expect(spent?.rotatedAt == .at(5) && spent?.successor == "j1")
                let live = try await store.liveRefreshTokens(of: UserID("u"), at: .at(6))
                #expect(live.map(\.jti) == ["j1"])
            }
        },
        ContractCase("wrong secrets, unknown, expired and revoked tokens change nothing") { under in
            try await under.withStore { store in
                try await store.insertRefreshToken(.of("j", user: "u"))
                #expect(try await store.rotateRefreshToken(.attempt("x", "n")) == .invalid)
                #expect(try await store.rotateRefreshToken(.attempt("j", "n", secret: 9)) == .invalid)
                #expect(try await store.rotateRefreshToken(.attempt("j", "n", at: 1000)) == .invalid)
                #expect(try await store.refreshToken("j") == .of("j", user: "u"))
                #expect(try await store.revokeRefreshToken("j", at: .at(1)))
                #expect(try await store.revokeRefreshToken("j", at: .at(1)) == false)
                #expect(try await store.revokeRefreshToken("x", at: .at(1)) == false)
                #expect(try await store.rotateRefreshToken(.attempt("j", "n", at: 2)) == .invalid)
                #expect(try await store.refreshToken("n") == nil)
            }
        },
        ContractCase("a spent token that comes back revokes its whole chain, and no other") { under in
            try await under.withStore { store in
                try await store.insertRefreshToken(.of("j0", user: "u"))
                try await store.insertRefreshToken(.of("other", user: "u", chain: "chain-2"))
                _ = try await store.rotateRefreshToken(.attempt("j0", "j1", at: 1))
                _ = try await store.rotateRefreshToken(.attempt("j1", "j2", at: 2))
                let outcome = try await store.rotateRefreshToken(.attempt("j0", "j3", at: 3))
                #expect(outcome == .reused(user: UserID("u"), chain: "chain"))
                for jti in ["j0", "j1", "j2"] { #expect(try await store.refreshToken(jti)?.revokedAt == .at(3)) }
                #expect(try await store.refreshToken("j3") == nil)
                #expect(try await store.rotateRefreshToken(.attempt("j2", "j4", at: 4)) == .invalid)
                let live = try await store.liveRefreshTokens(of: UserID("u"), at: .at(4))
                #expect(live.map(\.jti) == ["other"])
            }
        },
        ContractCase("of concurrent attempts with one token one wins, and the reuse revokes its successor") { under in
            try await under.withStore { store in
                try await store.insertRefreshToken(.of("j", user: "u"))
                let outcomes = try await withThrowingTaskGroup(of: RefreshOutcome.self) { group in
                    for index in 0..<16 {
                        group.addTask { try await store.rotateRefreshToken(.attempt("j", "n\(index)", at: 1)) }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let won = outcomes.count { if case .rotated = $0 { true } else { false } }
                let reused = outcomes.count { if case .reused = $0 { true } else { false } }
                #expect(won == 1 && reused == 1)
                #expect(outcomes.count { $0 == .invalid } == 14)
                #expect(try await store.liveRefreshTokens(of: UserID("u"), at: .at(1)).isEmpty)
            }
        },
        ContractCase("within the grace a lost answer can be asked for again, and replaces the unused successor") {
            under in
            try await under.withStore { store in
                try await store.insertRefreshToken(.of("j0", user: "u"))
                _ = try await store.rotateRefreshToken(.attempt("j0", "j1", at: 1, grace: 10))
                let again = try await store.rotateRefreshToken(.attempt("j0", "j2", at: 10, grace: 10))
                #expect(try await store.refreshToken("j2").map { .rotated($0) } == again)
                #expect(try await store.refreshToken("j1")?.revokedAt == .at(10))
                let late = try await store.rotateRefreshToken(.attempt("j0", "j3", at: 11, grace: 10))
                #expect(late == .reused(user: UserID("u"), chain: "chain"))
                #expect(try await store.refreshToken("j2")?.revokedAt == .at(11))
            }
        },
        ContractCase("without grace a spent token is reused, also by an attempt that began before it was spent") {
            under in
            try await under.withStore { store in
                try await store.insertRefreshToken(.of("j0", user: "u"))
                _ = try await store.rotateRefreshToken(.attempt("j0", "j1", at: 2))
                let late = try await store.rotateRefreshToken(.attempt("j0", "j2", at: 1))
                #expect(late == .reused(user: UserID("u"), chain: "chain"))
                #expect(try await store.refreshToken("j1")?.revokedAt == .at(1))
            }
        },
        ContractCase("revoking a chain takes all of it") { under in
            try await under.withStore { store in
                for (jti, chain) in [("a", "c1"), ("b", "c1"), ("c", "c2")] {
                    try await store.insertRefreshToken(.of(jti, user: "u", chain: chain))
                }
                try await store.revokeRefreshChain("c1", at: .at(1))
                try await store.revokeRefreshChain("c1", at: .at(2))
                #expect(try await store.refreshToken("a")?.revokedAt == .at(1))
                #expect(try await store.liveRefreshTokens(of: UserID("u"), at: .at(2)).map(\.jti) == ["c"])
            }
        },
        ContractCase("live tokens are listed oldest first, without those that expired") { under in
            try await under.withStore { store in
                for (jti, seconds) in [("b", 2.0), ("a", 3), ("c", 1)] {
                    try await store.insertRefreshToken(.of(jti, user: "u", issued: seconds))
                }
                try await store.insertRefreshToken(.of("d", user: "v"))
                #expect(try await store.liveRefreshTokens(of: UserID("u"), at: .at(5)).map(\.jti) == ["c", "b", "a"])
                #expect(try await store.liveRefreshTokens(of: UserID("u"), at: .at(1000)).isEmpty)
            }
        },
        ContractCase("a sweep forgets expired tokens, and keeps spent ones until then") { under in
            try await under.withStore { store in
                try await store.insertRefreshToken(.of("j0", user: "u"))
                _ = try await store.rotateRefreshToken(.attempt("j0", "j1", at: 1))
                try await store.sweepRefreshTokens(at: .at(999))
                #expect(try await store.refreshToken("j0") != nil)
                try await store.sweepRefreshTokens(at: .at(1001))
                #expect(try await store.refreshToken("j0") == nil)
                #expect(try await store.refreshToken("j1") != nil)
            }
        },
        ContractCase("a denied token is denied until it expires") { under in
            try await under.withStore { store in
                #expect(try await store.isTokenDenied("j", at: .at(0)) == false)
                try await store.denyToken("j", of: UserID("u"), until: .at(10))
                try await store.denyToken("j", of: UserID("u"), until: .at(10))
                #expect(try await store.isTokenDenied("j", at: .at(9.999)))
                #expect(try await store.isTokenDenied("j\u{0}", at: .at(0)) == false)
                try await store.sweepDenyList(at: .at(9))
                #expect(try await store.isTokenDenied("j", at: .at(9)))
                #expect(try await store.isTokenDenied("j", at: .at(10)) == false)
                try await store.sweepDenyList(at: .at(10))
                #expect(try await store.isTokenDenied("j", at: .at(9)) == false)
            }
        },
    ]
}

extension RefreshToken {
    static func of(_ jti: String, user: String, chain: String = "chain", issued seconds: Double = 0) -> RefreshToken {
        RefreshToken(
            jti: jti,
            user: UserID(user),
            chain: chain,
            secretHash: [UInt8](repeating: 1, count: 32),
            issuedAt: .at(seconds),
            expiresAt: .at(1000),
            clientHint: "password-login"
        )
    }
}

extension RefreshAttempt {
    /// The successors' secret is that of ``RefreshToken/of(_:user:chain:issued:)`` too.
    static func attempt(
        _ jti: String,
        _ successor: String,
        secret: UInt8 = 1,
        at seconds: Double = 0,
        grace: Int64 = 0
    ) -> RefreshAttempt {
        RefreshAttempt(
            jti: jti,
            secretHash: [UInt8](repeating: secret, count: 32),
            successorJTI: successor,
            successorSecretHash: [UInt8](repeating: 1, count: 32),
            successorExpiresAt: .at(2000),
            now: .at(seconds),
            reuseGraceSeconds: grace
        )
    }
}
