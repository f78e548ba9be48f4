import Foundation
import RelayCore
import Testing

@testable import RelayServer

@Suite("Keys below a name of the operator's choice")
struct KeyFamilyTests {
    private typealias Loader = ConfigurationLoaderTests

    private static let file = """
        oidc:
          enabled: true
          providers:
            keycloak:
              client_id: relay
              client_secret: hush
              discovery_url: https://idp.example.org/realms/a/.well-known/openid-configuration
              scopes: [openid, groups]
              groups_claim: realm_access.roles
              group_permissions: ["Staff=read+write", "a=b=admin"]
        token_issuers:
          app:
            issuer: https://app.example.org
            audience: relay
            default_permissions: [read]
        """

    @Test("are read from files, nested or with dots")
    func files() throws {
        let loaded = try Loader.load(files: ["./config.yaml": Self.file])
        let provider = try #require(loaded.configuration.signIn.providers["keycloak"])
        #expect(provider.clientID == "relay" && provider.clientSecret == Secret("hush"))
        #expect(provider.scopes == ["openid", "groups"] && provider.groupsClaim == "realm_access.roles")
        #expect(provider.groupPermissions.map(\.group) == ["Staff", "a=b"])
        #expect(provider.groupPermissions.permissions(of: ["a=b", "staff"]) == [.admin])
        #expect(provider.usernameClaim == "email" && !provider.allowsPrivateAddresses)
        #expect(loaded.configuration.signIn.issuers["app"]?.defaultPermissions == [.read])
        // What is shown has dots, masks the secret, and loads again.
        let text = loaded.render()
        #expect(!text.contains("hush") && text.contains("oidc.providers.keycloak.client_secret: '********'"))
        let own = text.split(separator: "\n").filter { $0.hasPrefix("oidc") || $0.hasPrefix("token_issuers") }
        let again = try Loader.load(files: ["./config.yaml": own.joined(separator: "\n")])
        var expected = loaded.configuration
        expected.signIn.providers["keycloak"]?.clientSecret = Secret(Secret.mask)
        #expect(again.configuration.signIn == expected.signIn)
    }

    @Test("are read from the environment, which goes before files")
    func environment() throws {
        let loaded = try Loader.load(
            environment: [
                "PULSAR_OIDC__PROVIDERS__KEYCLOAK__CLIENT_ID": "other",
                "PULSAR_OIDC__PROVIDERS__KEYCLOAK__SCOPES": "openid email",
                "PULSAR_OIDC__PROVIDERS__MY-IDP__CLIENT_ID": "relay",
                "PULSAR_OIDC__PROVIDERS__MY-IDP__ISSUER": "https://my.example.org",
                "PULSAR_OIDC__DEFAULT_PERMISSIONS": "[]",
            ],
            files: ["./config.yaml": Self.file]
        )
        let signIn = loaded.configuration.signIn
        #expect(
            signIn.providers["keycloak"]?.clientID == "other"
                && signIn.providers["keycloak"]?.scopes == ["openid", "email"]
        )
        #expect(signIn.providers["my-idp"]?.issuer == "https://my.example.org")
        #expect(signIn.defaultPermissions == [])
        #expect(loaded.origins["oidc.providers.keycloak.client_id"]?.source == .environment)
    }

    @Test("have their secrets in files of their own where they are told to")
    func secretFile() throws {
        let loaded = try Loader.load(
            environment: ["PULSAR_OIDC__PROVIDERS__KEYCLOAK__CLIENT_SECRET_FILE": "/run/secrets/idp"],
            files: ["./config.yaml": Self.file, "/run/secrets/idp": "from a file\n"]
        )
        #expect(loaded.configuration.signIn.providers["keycloak"]?.clientSecret == Secret("from a file"))
    }

    @Test("are refused where there is no such key, no such name, or something is missing")
    func refused() {
        let bad: [(String, String)] = [
            ("PULSAR_OIDC__PROVIDERS__KEYCLOAK__CLIENT_IDD", "did you mean oidc.providers.keycloak.client_id?"),
            ("PULSAR_OIDC__PROVIDERS__KEYCLOAK", "is a group of keys"),
            ("PULSAR_OIDC__PROVIDERS__A.B__CLIENT_ID", "no such key"),
            ("PULSAR_OIDC__PROVIDERS__\(String(repeating: "A", count: 33))__CLIENT_ID", "no such key"),
            ("PULSAR_OIDC__PROVIDERS__KEYCLOAK__CLIENT_ID_FILE", "no such key"),
            ("PULSAR_OIDC__PROVIDERS__NEW__DISPLAY_NAME", "oidc.providers.new.client_id: must be set"),
            ("PULSAR_TOKEN_ISSUERS__NEW__ISSUER", "token_issuers.new.audience: must be set"),
            ("PULSAR_OIDC__PROVIDERS__KEYCLOAK__DISCOVERY_URL", "is refused, it must be a URL"),
            (
                "PULSAR_OIDC__PROVIDERS__KEYCLOAK__TOKEN_ENDPOINT_AUTH_METHOD",
                "one of client_secret_basic, client_secret_post"
            ),
            ("PULSAR_OIDC__PROVIDERS__KEYCLOAK__GROUP_PERMISSIONS", "is refused, it must be a list of groups"),
        ]
        for (variable, message) in bad {
            do {
                _ = try Loader.load(environment: [variable: "https:/x"], files: ["./config.yaml": Self.file])
                Issue.record("\(variable) is taken")
            } catch {
                #expect("\(error)".contains(message), "\(variable): \(error)")
            }
        }
    }

    @Test("say so where a secret would be sent without encryption, or nothing would come of them")
    func rules() {
        func problems(_ change: (inout RelayConfiguration.SignIn) -> Void) -> String {
            var signIn = RelayConfiguration.SignIn()
            signIn.usesProviders = true
            var provider = RelayConfiguration.SignIn.Provider()
            provider.clientID = "relay"
            provider.issuer = "https://idp.example.org"
            signIn.providers["idp"] = provider
            change(&signIn)
            return SignInRules.check(signIn).map(\.description).joined(separator: "\n")
        }
        let fine: [(inout RelayConfiguration.SignIn) -> Void] = [
            { _ in }, { $0.providers["idp"]?.issuer = "http://localhost:8080" },
            {
                $0.providers["idp"]?.issuer = "http://keycloak:8080"
                $0.providers["idp"]?.allowsPrivateAddresses = true
            },
        ]
        for change in fine {
            let text = problems(change)
            #expect(text == "")
        }
        let bad: [(String, (inout RelayConfiguration.SignIn) -> Void)] = [
            ("allow_private_addresses", { $0.providers["idp"]?.issuer = "http://keycloak:8080" }),
            ("discovery_url: must be set", { $0.providers["idp"]?.issuer = nil }),
            ("openid", { $0.providers["idp"]?.scopes = ["email"] }),
            ("without client_secret", { $0.providers["idp"]?.clientAuthentication = .post }),
            ("oidc_enabled: true", { $0.usesProviders = false }), ("has no effect", { $0.providers = [:] }),
            (
                "groups_claim",
                { $0.providers["idp"]?.groupPermissions = [GroupPermissions("a=read")].compactMap(\.self) }
            ),
        ]
        for (expected, change) in bad {
            let text = problems(change)
            #expect(text.contains(expected))
        }
    }
}
