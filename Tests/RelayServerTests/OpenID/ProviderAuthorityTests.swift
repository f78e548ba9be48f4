import Foundation
import NIOHTTP1
import Testing

@testable import RelayServer

/// `oidc_ca_path`: a provider whose certificate a company's own authority has signed.
@Suite("Providers with a certificate of a private authority", .timeLimit(.minutes(2)))
struct ProviderAuthorityTests {
    /// Runs `body` beside a provider of such a certificate and a relay that believes the authorities of the file at `path`.
    private func with(
        _ authority: TestAuthority,
        believing path: String?,
        _ body: @Sendable @escaping (TestProvider, TestRelay, LoggedLines) async throws -> Void
    ) async throws {
        try await TestProvider.with(context: try authority.serverContext) { provider in
            var configuration = RelayConfiguration.forTests
            var settings = RelayConfiguration.SignIn.Provider()
            settings.clientID = TestProvider.client
            settings.discoveryURL = OutgoingURL("\(provider.issuer)/.well-known/openid-configuration")
            configuration.signIn.usesProviders = true
            configuration.signIn.providers["idp"] = settings
            configuration.signIn.authorityPath = path
            try await withLoggedRelay(configuration) { relay, _, lines in try await body(provider, relay, lines) }
        }
    }

    private func write(_ text: String, _ body: (String) async throws -> Void) async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "relay-authority-\(UUID()).pem").path()
        try Data(text.utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }

    @Test("are reached where the authority is named")
    func believed() async throws {
        let authority = try TestAuthority()
        try await self.write(authority.root) { path in
            try await self.with(authority, believing: path) { provider, relay, _ in
                let reply = try await TestBrowser(relay).signIn(provider)
                #expect(reply.status == 200, "\(reply)")
            }
        }
    }

    @Test("are not where it is not, or another is, and the log says why")
    func unknown() async throws {
        let authority = try TestAuthority()
        try await self.write(try TestAuthority().root) { path in
            for named in [nil, path] {
                try await self.with(authority, believing: named) { provider, relay, lines in
                    let reply = try await relay.send(.GET, "/auth/oidc/idp/login")
                    #expect(reply.status == 502)
                    #expect(!reply.text.contains("certificate"), "that is nobody's business")
                    #expect(provider.seen.isEmpty, "it was sent nothing")
                    let line = lines.all.first { $0.contains("an identity provider is of no use now") }
                    #expect(line?.contains("the certificate of localhost is of no authority that is believed") == true)
                }
            }
        }
    }

    @Test("whose authorities are in no file of certificates are not reached, and the log says so")
    func broken() async throws {
        let authority = try TestAuthority()
        try await self.write("no certificate") { path in
            try await self.with(authority, believing: path) { provider, relay, lines in
                let reply = try await relay.send(.GET, "/auth/oidc/idp/login")
                #expect(reply.status == 502)
                #expect(provider.seen.isEmpty)
                #expect(lines.all.contains { $0.contains("an identity provider is of no use now") })
            }
        }
    }
}
