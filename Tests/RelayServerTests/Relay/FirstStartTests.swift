import Logging
import NIOCore
import NIOPosix
import RelayAccess
import RelayCore
import ServiceLifecycle
import Testing

@testable import RelayServer

@Suite("The first start", .timeLimit(.minutes(1)))
struct FirstStartTests {
    private static func relay(port: Int, announced: @escaping @Sendable () -> Void) -> Relay {
        var configuration = RelayConfiguration.forTests
        configuration.server.host = "127.0.0.1"
        configuration.server.port = port
        configuration.access.bootstrapAdminPassword = nil
        var logger = Logger(label: "relay.tests")
        logger.logLevel = .critical
        return Relay(
            configuration: configuration,
            logger: logger,
            hooks: RelayHooks(announcePassword: { _, _ in announced() })
        )
    }

    @Test("shows no password where the port is taken: the next start shows it")
    func takenPort() async throws {
        let taken = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let relay = Self.relay(port: try #require(taken.localAddress?.port)) { Issue.record("the password is shown") }
        await #expect(throws: RelayStartError.self) { try await relay.run() }
        try await taken.close()
    }

    @Test("warns where guests of Pulse are to be a user that is not there, or may not read, and only there")
    func guests() async throws {
        var configuration = RelayConfiguration.forTests
        configuration.pulse.anonymousUser = "guest"
        try await withRelayParts(configuration) { parts, group, lines in
            let store = try await configuration.openStore(on: group)
            let startup = RelayStartup(configuration: configuration, store: store, logger: lines.logger)
            func warnings() -> Int { lines.all.count { $0.contains("pulse_anonymous_user") } }
            await startup.warnOfMissingGuest(parts.access.users)
            #expect(warnings() == 1)
            let guest = UserRegistration(username: "guest", password: "secret words", permissions: ["write"])
            let user = try await parts.access.users.register(guest)
            await startup.warnOfMissingGuest(parts.access.users)
            #expect(warnings() == 2)
            _ = try await parts.access.users.update(user.id, UserPatch(permissions: ["read"]))
            await startup.warnOfMissingGuest(parts.access.users)
            #expect(warnings() == 2)
            await store.close()
        }
    }
}
