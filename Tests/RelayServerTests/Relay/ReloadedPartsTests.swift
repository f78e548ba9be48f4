import Foundation
import NIOCore
import RelayAccess
import RelayCore
import RelaySessions
import RelayTelemetry
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

/// The parts of a relay whose configuration is read again.
@Suite("Parts whose configuration is read again", .timeLimit(.minutes(1)))
struct ReloadedPartsTests {
    /// What the sources say, which a test changes.
    private final class Sources: Sendable {
        private let read = Mutex(RelayConfiguration.forTests)

        func change(_ change: @Sendable (inout RelayConfiguration) -> Void) { self.read.withLock { change(&$0) } }

        var live: LiveConfiguration {
            LiveConfiguration(EffectiveConfiguration(.forTests), now: RelayClock.system.now) {
                () throws(ConfigurationFailure) in EffectiveConfiguration(self.read.withLock { $0 })
            }
        }
    }

    private static func withParts(
        _ body: (_ parts: RelayParts, _ reload: (@Sendable (inout RelayConfiguration) -> Void) throws -> [String])
            async throws -> Void
    ) async throws {
        let sources = Sources()
        let live = sources.live
        try await withRelayParts(live: live) { parts, _, _ in
            try await body(parts) { change in
                sources.change(change)
                return try #require(try live.reload()).changed.map(\.key).sorted()
            }
        }
    }

    @Test("tokens are given out by the new lives, and those that are out keep theirs")
    func lives() async throws {
        try await Self.withParts { parts, reload in
            let users = parts.access.users
            _ = try await users.bootstrap(username: TestRelay.administrator, password: TestRelay.password)
            func logIn() async throws -> TokenPair {
                try await parts.access.logins.login(username: TestRelay.administrator, password: TestRelay.password)
            }
            let first = try await logIn()
            #expect(first.expiresIn == 3_600)
            let changed = try reload {
                $0.access.accessTokenLifetime = .seconds(600)
                $0.access.refreshTokenLifetime = .seconds(86_400)
                $0.quotas.maxTokensPerUser = 1
                $0.access.serviceTokenMaxLifetime = .seconds(7)
                $0.signIn.deviceCodeLifetime = .seconds(77)
            }
            #expect(
                changed == [
                    "access_token_expire_minutes", "device_code_ttl_seconds", "max_tokens_per_user",
                    "refresh_token_ttl_days", "service_token_max_seconds",
                ]
            )
            #expect(try await logIn().expiresIn == 600)
            // The second log-in has ended the first's refresh token: there may be one.
            await #expect(throws: AccessError.self) { try await parts.access.refreshChains.refresh(first.refreshToken) }
            let session = try await parts.access.authenticator.authenticate(
                first.accessToken,
                at: RelayClock.system.now()
            )
            #expect(session.expiresAt > RelayClock.system.now().adding(seconds: 3_000))
            #expect(parts.access.devices.settings.lifeSeconds == 77)
        }
    }

    @Test("messages are kept, topics made and publishes held by the new limits")
    func broker() async throws {
        try await Self.withParts { parts, reload in
            let changed = try reload {
                $0.storage.persistentTierRetention = .seconds(60)
                $0.storage.maxMessagesPerTopic = 2
                $0.storage.idempotencyWindow = .seconds(5)
                $0.quotas.maxTopicsPerUser = 1
                $0.quotas.maxWaitingPublishesPerUser = 3
                $0.quotas.maxNamedReadersPerUser = 4
                $0.hotTier.maxMessagesPerTopic = 5
            }
            #expect(changed.count == 7)
            let limits = parts.broker.limits
            #expect(limits.retention == Retention(maxMessages: 2, maxAgeSeconds: 60))
            #expect(limits.idempotencyWindowSeconds == 5 && limits.topics.maxPerUser == 1)
            #expect(limits.waitingOfUser.messages == 3 && limits.hotMessagesPerTopic == 5)
            _ = try reload { $0.storage.persistentTierRetention = .zero }
            #expect(parts.broker.limits.retention.maxAgeSeconds == nil)
        }
    }

    @Test("a topic that is in use keeps as many messages as it may now")
    func retention() async throws {
        try await Self.withParts { parts, reload in
            let owner = Principal(id: UserID("u"), username: "u", permissions: [.read, .write])
            let key = try #require(parts.broker.catalog.key(ofPath: "t", for: owner.id))
            func publish() async throws {
                let draft = Draft(timestamp: RelayClock.system.now(), payload: ByteBuffer(string: "1"))
                _ = try await parts.broker.publish([Broker.Item(key: key, draft: draft)], as: owner)
            }
            func kept() async throws -> Int {
                try await parts.broker.history(of: key, .ascending, cursor: .oldest, limit: 100, as: owner)
                    .messages.count
            }
            for _ in 0..<5 { try await publish() }
            #expect(try await kept() == 5)
            _ = try reload { $0.storage.maxMessagesPerTopic = 2 }
            try await publish()
            #expect(try await kept() == 2)
        }
    }

    @Test("a refusal of one part leaves all as it was")
    func refusal() async throws {
        try await Self.withParts { parts, reload in
            let failure = #expect(throws: ConfigurationFailure.self) {
                try reload {
                    $0.storage.maxMessagesPerTopic = 2
                    $0.telemetry.endpoint = OTLPEndpoint("http://127.0.0.1:9")
                    $0.telemetry.authorities = "/nonexistent/ca.pem"
                }
            }
            #expect(failure?.problems.map(\.key) == ["otlp_ca_path"])
            #expect(parts.broker.limits.retention.maxMessages > 2 && !parts.telemetry.tracer.isOn)
        }
    }

    @Test("telemetry begins, changes and ends")
    func telemetry() async throws {
        try await Self.withParts { parts, reload in
            let tracer = parts.telemetry.tracer
            #expect(!tracer.isOn && !parts.telemetry.takesLogs)
            _ = try reload {
                $0.telemetry.endpoint = OTLPEndpoint("http://127.0.0.1:9")
                $0.telemetry.sampleRatio = 0
            }
            #expect(tracer.isOn && parts.telemetry.takesLogs && tracer.begin("GET", under: nil) == nil)
            #expect(try reload { $0.telemetry.sampleRatio = 1 } == ["trace_sample_ratio"])
            #expect(tracer.begin("GET", under: nil) != nil)
            _ = try reload { $0.telemetry.signals = [.metrics] }
            #expect(!tracer.isOn && !parts.telemetry.takesLogs)
            _ = try reload { $0.telemetry.endpoint = nil }
            #expect(parts.telemetry.collect().isEmpty)
        }
    }

    @Test("telemetry is what was examined, also where its file is gone a moment later")
    func examinedTelemetry() async throws {
        try await CertificateFolder.with { folder in
            try folder.make(at: RelayClock.system.now())
            let path = folder.certificate
            let sources = Sources()
            let live = sources.live
            try await withRelayParts(live: live) { parts, _, _ in
                // Asked last.
                live.examine { _ in
                    try? FileManager.default.removeItem(atPath: path)
                    return nil
                }
                sources.change {
                    $0.telemetry.endpoint = OTLPEndpoint("https://127.0.0.1:9")
                    $0.telemetry.authorities = path
                }
                let outcome = try #require(try live.reload())
                #expect(outcome.changed.map(\.key).sorted() == ["otlp_ca_path", "otlp_endpoint"])
                #expect(!FileManager.default.fileExists(atPath: path))
                #expect(parts.telemetry.tracer.isOn && parts.telemetry.takesLogs)
            }
        }
    }

    @Test("limits of addresses, sessions and sign-ins are the new ones")
    func limits() async throws {
        try await Self.withParts { parts, reload in
            let changed = try reload {
                $0.server.maxConnectionsPerAddress = 3
                $0.server.maxStreams = 4
                $0.webhooks.maxPerUser = 0
                $0.webhooks.allowsPrivate = true
                $0.sessions.maxSessions = 9
                $0.sessions.ticketLifetime = .seconds(61)
                $0.sessions.maxPeers = 2
            }
            #expect(
                changed == [
                    "http2_max_streams", "max_connections_per_address", "max_sessions", "max_webhooks_per_user",
                    "session_ticket_seconds", "webhook_allow_private",
                ]
            )
            #expect(parts.http2.limits.maxStreams == 4)
            #expect(parts.webhooks.edge.webhooks.quota.maxPerUser == 0)
            #expect(parts.addressLimits.current.open == 3)
            let sessions = parts.sessions.service.settings
            #expect(sessions.maxSessions == 9 && sessions.lifetimes.peer == 61)
            // What a session's topics were made with waits for a restart.
            #expect(sessions.rules.limits.peers != 2)
        }
    }

    @Test("a provider that is named and one that goes are named in the answer")
    func providers() async throws {
        try await Self.withParts { parts, reload in
            let added = try reload {
                var provider = RelayConfiguration.SignIn.Provider()
                provider.clientID = "relay"
                provider.issuer = "https://id.example.org"
                $0.signIn.providers["keycloak"] = provider
                $0.signIn.usesProviders = true
            }
            #expect(
                added == ["oidc.providers.keycloak.client_id", "oidc.providers.keycloak.issuer", "oidc_enabled"]
            )
            #expect(parts.signIn.current.providers["keycloak"] != nil)
            let removed = try reload { $0.signIn.providers = [:] }
            #expect(removed == ["oidc.providers.keycloak.client_id", "oidc.providers.keycloak.issuer"])
            #expect(parts.signIn.current.providers["keycloak"] == nil)
        }
    }
}
