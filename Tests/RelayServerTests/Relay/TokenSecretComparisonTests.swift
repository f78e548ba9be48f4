import Logging
import NIOPosix
import RelayAccess
import RelayCore
import RelayWire
import Synchronization
import Testing

@testable import RelayServer

@Suite("Relays with different token secrets on one store")
struct TokenSecretComparisonTests {
    private final class Lines: LogSink {
        let written = Mutex<[String]>([])

        func write(_ line: String) {
            self.written.withLock { $0.append(line) }
        }
    }

    private final class Secrets: SharedTokenSecrets {
        let last = Mutex<String?>(nil)
        let isAway: Bool

        init(isAway: Bool = false) {
            self.isAway = isAway
        }

        func exchangeTokenSecret(fingerprint: String) async throws(StoreError) -> String? {
            if self.isAway { throw StoreError(.unavailable, "away") }
            return self.last.withLock { last in
                defer { last = fingerprint }
                return last
            }
        }
    }

    /// What relays that start one after the other say.
    private func said(_ secrets: [String], _ shared: Secrets = Secrets()) async throws -> [String] {
        let lines = Lines()
        let handler = LineLogHandler(label: "relay", rules: LogRules(.init()), sink: lines, now: RelayClock.system.now)
        let startup = RelayStartup(
            configuration: .forTests,
            store: try await RelayConfiguration.forTests.openStore(on: .singletonMultiThreadedEventLoopGroup),
            logger: Logger(label: "relay") { _ in handler }
        )
        for secret in secrets { await startup.compareSecret(Secret(secret), in: shared) }
        await startup.store.close()
        return lines.written.withLock { $0 }
    }

    @Test("The one that starts later warns, and names the key")
    func different() async throws {
        let lines = try await self.said(["first secret", "second secret"])
        #expect(lines.count == 1)
        #expect(lines.first?.contains("WARNING") == true && lines.first?.contains("jwt_secret_key") == true)
        #expect(lines.allSatisfy { !$0.contains("first secret") && !$0.contains("second secret") })
    }

    @Test("Of one secret nothing is said")
    func same() async throws {
        #expect(try await self.said(["secret", "secret", "secret"]).isEmpty)
    }

    @Test("A store that can't be asked does not keep the relay from starting")
    func away() async throws {
        #expect(try await self.said(["secret"], Secrets(isAway: true)).count == 1)
    }
}
