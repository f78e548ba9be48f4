import Foundation
import Logging
import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

/// Reading the configuration again.
@Suite("Configuration that is read again")
struct LiveConfigurationTests {
    /// A file that a test changes.
    private final class File: Sendable {
        let text: Mutex<String>

        init(_ text: String) {
            self.text = Mutex(text)
        }

        var read: @Sendable (String) throws -> String? {
            { path in path == "./config.yaml" ? self.text.withLock { $0 } : nil }
        }
    }

    private static let secret = "jwt_secret_key: 0123456789abcdef0123456789abcdef\n"

    private static func live(_ file: File, environment: [String: String] = [:]) throws -> LiveConfiguration {
        let loader = ConfigurationLoader(flags: [:], environment: environment, readFile: file.read)
        return LiveConfiguration(try loader.load(), now: { Timestamp(microseconds: 5) }) {
            () throws(ConfigurationFailure) in try loader.load()
        }
    }

    @Test("changes the keys that may change, names the others, and tells the owners once")
    func changes() throws {
        let file = File(Self.secret + "log_level: info\nport: 8080\nrate_limit_login: 5")
        let live = try Self.live(file)
        let seen = Mutex<[RelayConfiguration]>([])
        live.observe { configuration in seen.withLock { $0.append(configuration) } }
        file.text.withLock { $0 = Self.secret + "log_level: debug\nport: 8081\nrate_limit_login: 7" }
        let outcome = try #require(try live.reload())
        #expect(outcome.changed.map(\.key).sorted() == ["log_level", "rate_limit_login"])
        #expect(outcome.changed.first { $0.key == "log_level" }?.text == "log_level: info -> debug")
        #expect(outcome.needsRestart.map(\.text) == ["port: 8080 -> 8081"])
        #expect(live.configuration.logging.level == .debug)
        #expect(live.configuration.server.port == 8_080)
        #expect(live.current.pending == ["port"])
        #expect(seen.withLock { $0.count } == 1)
        #expect(seen.withLock { $0.first?.rateLimits.login } == 7)
        // Nothing has changed since, but for what waits.
        let again = try #require(try live.reload())
        #expect(again.changed.isEmpty)
        #expect(again.needsRestart.count == 1)
        #expect(seen.withLock { $0.count } == 1)
        file.text.withLock { $0 = Self.secret + "log_level: debug\nport: 8080\nrate_limit_login: 7" }
        #expect(try live.reload()?.needsRestart.isEmpty == true)
        #expect(live.current.pending.isEmpty)
    }

    @Test(
        "changes nothing where anything is wrong",
        arguments: [
            "log_level: debug\nrate_limit_login: -1", "log_level: debug\nunknown: 1", "log_level: debug\nport: [",
            "log_level: debug\njwt_secret_key: short", "log_level: debug\nallowed_origins: nonsense",
        ]
    )
    func refusals(text: String) throws {
        let file = File(Self.secret + "log_level: info")
        let live = try Self.live(file)
        let calls = Mutex(0)
        live.observe { _ in calls.withLock { $0 += 1 } }
        let secret = text.contains("jwt_secret_key") ? "" : Self.secret
        file.text.withLock { $0 = secret + text }
        let failure = #expect(throws: ConfigurationFailure.self) { try live.reload() }
        #expect(failure?.problems.isEmpty == false)
        #expect(live.configuration.logging.level == .info)
        #expect(calls.withLock { $0 } == 0)
    }

    @Test("changes nothing where the values that reload are good only together with some that wait for a restart")
    func partly() throws {
        func text(_ most: String, _ perTopic: String, _ level: String) -> String {
            Self.secret + "hot_tier_max_bytes: \(most)\nhot_tier_max_bytes_per_topic: \(perTopic)\nlog_level: \(level)"
        }
        let file = File(text("64MiB", "16MiB", "info"))
        let live = try Self.live(file)
        let calls = Mutex(0)
        live.observe { _ in calls.withLock { $0 += 1 } }
        file.text.withLock { $0 = text("256MiB", "128MiB", "debug") }
        let failure = #expect(throws: ConfigurationFailure.self) { try live.reload() }
        #expect(failure?.problems.map(\.key) == ["hot_tier_max_bytes_per_topic"])
        #expect(failure?.description.hasSuffix("needs a restart: hot_tier_max_bytes") == true)
        #expect(live.configuration.logging.level == .info)
        #expect(live.configuration.hotTier.maxBytesPerTopic == 16 << 20)
        #expect(calls.withLock { $0 } == 0)
        // What fits beside what is in effect is taken.
        file.text.withLock { $0 = text("256MiB", "64MiB", "debug") }
        let outcome = try #require(try live.reload())
        #expect(outcome.changed.map(\.key).sorted() == ["hot_tier_max_bytes_per_topic", "log_level"])
        #expect(outcome.needsRestart.map(\.key) == ["hot_tier_max_bytes"])
    }

    @Test("keeps what a stronger source says, and says where each value is from")
    func sources() throws {
        let file = File(Self.secret + "log_level: info\nws_max_per_user: 5")
        let live = try Self.live(file, environment: ["PULSAR_LOG_LEVEL": "warning"])
        file.text.withLock { $0 = Self.secret + "log_level: debug\n\nws_max_per_user: 6" }
        let outcome = try #require(try live.reload())
        #expect(outcome.changed.map(\.key) == ["ws_max_per_user"])
        #expect(live.configuration.logging.level == .warning)
        #expect(live.current.effective.origins["log_level"]?.source == .environment)
        #expect(live.current.effective.overridden["log_level"]?.map(\.source) == [.file])
        #expect(live.current.effective.origins["ws_max_per_user"]?.place == "./config.yaml line 4")
    }

    @Test("shows no secret")
    func secrets() throws {
        let file = File(Self.secret + "metrics_token: 0123456789abcdefX")
        let live = try Self.live(file)
        file.text.withLock { $0 = "jwt_secret_key: abcdef0123456789abcdef0123456789\nmetrics_token: 0123456789abcdefY" }
        let outcome = try #require(try live.reload())
        #expect(outcome.changed.map(\.text) == ["metrics_token: set -> set"])
        #expect(outcome.needsRestart.map(\.text) == ["jwt_secret_key: set -> set"])
    }

    @Test("takes over the keys of providers that came, went or changed, and names them")
    func families() throws {
        func text(_ name: String, _ id: String) -> String {
            """
            oidc_enabled: true
            oidc:
              providers:
                \(name):
                  client_id: \(id)
                  client_secret: hush-\(id)
                  discovery_url: https://idp.example/.well-known/openid-configuration
            """
        }
        let file = File(Self.secret + text("one", "a"))
        let live = try Self.live(file)
        file.text.withLock { $0 = Self.secret + text("one", "b") }
        let changed = try #require(try live.reload())
        #expect(changed.needsRestart.isEmpty)
        let expected = ["oidc.providers.one.client_id: a -> b", "oidc.providers.one.client_secret: set -> set"]
        #expect(changed.changed.map(\.text) == expected)
        #expect(live.configuration.signIn.providers["one"]?.clientID == "b")
        file.text.withLock { $0 = Self.secret + text("two", "a") }
        let renamed = try #require(try live.reload())
        let texts = renamed.changed.map(\.text)
        #expect(texts.contains("oidc.providers.one.client_id: b -> not set"))
        #expect(texts.contains("oidc.providers.two.client_id: not set -> a"))
        #expect(renamed.needsRestart.isEmpty && live.current.pending.isEmpty)
        #expect(live.current.effective.explain().contains("oidc.providers.two.client_secret: '********'"))
        #expect(live.configuration.signIn.providers.keys.sorted() == ["two"])
    }

    @Test("is not there where nothing was read")
    func programs() throws {
        let live = LiveConfiguration(
            EffectiveConfiguration(RelayConfiguration()),
            now: { Timestamp(microseconds: 0) },
            loader: nil
        )
        let outcome = try live.reload()
        #expect(outcome == nil)
    }

    /// The guide lists them by patterns: `otlp_*`. What follows "but for" in a row is not meant.
    @Test("the guide names the keys that reload, and no others")
    func documented() throws {
        let path = URL(filePath: #filePath).appending(path: "../../../../docs/operating.md").standardized.path
        let guide = try String(contentsOfFile: path, encoding: .utf8)
        let section = try #require(guide.components(separatedBy: "## Reloading the configuration\n").last)
        let rows = section.components(separatedBy: "\n## ")[0].split(separator: "\n").filter { $0.hasPrefix("| `") }
        try #require(rows.count > 5)
        var named: Set<String> = []
        for row in rows {
            let cell = row.split(separator: "|")[0].components(separatedBy: "but for")
            let patterns = cell.map { Self.texts(in: $0) }
            // What is excepted is the first text behind the words.
            let excepted = Set(patterns.dropFirst().compactMap(\.first))
            for pattern in patterns.joined() where !excepted.contains(pattern) {
                let keys = ConfigurationKey.all.map(\.name).filter { Self.matches($0, pattern) }
                let isFamily = KeyFamily.all.contains { $0.group == pattern }
                #expect(isFamily || !keys.isEmpty, "\(pattern) is no key")
                named.formUnion(keys.filter { !excepted.contains($0) })
            }
        }
        #expect(named.sorted() == ConfigurationKey.all.filter(\.reloads).map(\.name).sorted())
    }

    /// What stands between two backticks.
    private static func texts(in cell: String) -> [String] {
        cell.components(separatedBy: "`").enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    }

    private static func matches(_ key: String, _ pattern: String) -> Bool {
        let parts = pattern.components(separatedBy: "*")
        guard parts.count > 1 else { return key == pattern }
        return parts.count == 2 && key.hasPrefix(parts[0]) && key.hasSuffix(parts[1])
            && key.utf8.count >= parts[0].utf8.count + parts[1].utf8.count
    }
}
