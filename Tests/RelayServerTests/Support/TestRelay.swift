import AsyncHTTPClient
import Foundation
import Logging
import NIOCore
import NIOHTTP1
import RelayServer
import ServiceLifecycle
import Testing

/// A whole relay in this process, on a port of its own, over the memory store.
struct TestRelay: Sendable {
    static let administrator = "admin"
    static let password = "correct horse"

    let port: Int
    let http: HTTPClient
    /// Asks the relay to stop in its own way; returns at once.
    let shutDown: @Sendable () async -> Void

    /// Sends a request and waits for the whole answer. Redirects are answers, not followed.
    ///
    /// - Parameter path: with its query, percent-encoded where that is needed.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        token: String? = nil,
        headers: [(String, String)] = [],
        body: String? = nil
    ) async throws -> TestReply {
        var request = HTTPClientRequest(url: "http://127.0.0.1:\(self.port)\(path)")
        request.method = method
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        for (name, value) in headers { request.headers.add(name: name, value: value) }
        if let body { request.body = .bytes(ByteBuffer(string: body)) }
        let response = try await self.http.execute(request, timeout: .seconds(20))
        return TestReply(
            status: Int(response.status.code),
            headers: response.headers,
            body: try await response.body.collect(upTo: 16 << 20)
        )
    }

    /// Sends `body` as JSON.
    func send(
        _ method: HTTPMethod,
        _ path: String,
        token: String? = nil,
        json body: [String: Any]
    ) async throws -> TestReply {
        let text = String(decoding: try JSONSerialization.data(withJSONObject: body), as: UTF8.self)
        return try await self.send(
            method,
            path,
            token: token,
            headers: [("content-type", "application/json")],
            body: text
        )
    }

    /// Sends a form that is encoded already.
    func send(form: String, to path: String, headers: [(String, String)] = []) async throws -> TestReply {
        let type = ("content-type", "application/x-www-form-urlencoded")
        return try await self.send(.POST, path, headers: headers + [type], body: form)
    }

    // MARK: Users

    /// Logs in and returns the answer, which must be a success.
    func tokens(of username: String, password: String = Self.password) async throws -> TestTokens {
        let password = password.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let reply = try await self.send(
            form: "grant_type=password&username=\(username)&password=\(password)",
            to: "/auth/login"
        )
        try #require(reply.status == 200, "\(reply)")
        return TestTokens(
            access: try #require(reply.object["access_token"] as? String),
            refresh: try #require(reply.object["refresh_token"] as? String)
        )
    }

    /// Makes a user and logs it in.
    func makeUser(
        _ username: String,
        permissions: [String] = ["read", "write"],
        by administrator: String
    ) async throws -> TestUser {
        let reply = try await self.send(
            .POST,
            "/auth/register",
            token: administrator,
            json: ["username": username, "password": Self.password, "permissions": permissions]
        )
        try #require(reply.status == 201, "\(reply)")
        let id = try #require(reply.object["user_id"] as? String)
        return TestUser(id: id, username: username, token: try await self.tokens(of: username).access)
    }

    var administratorToken: String {
        get async throws { try await self.tokens(of: Self.administrator).access }
    }
}

struct TestTokens: Sendable {
    let access: String
    let refresh: String
}

struct TestUser: Sendable {
    let id: String
    let username: String
    let token: String
}

/// Runs `body` beside a relay, then stops the relay and waits for its end.
///
/// - Parameter configure: changes the configuration, which is quick, quiet and without rate limits.
func withRelay(
    _ configure: (inout RelayConfiguration) -> Void = { _ in },
    _ body: @Sendable @escaping (TestRelay) async throws -> Void
) async throws {
    var configuration = RelayConfiguration.forTests
    configure(&configuration)
    let backend = try await TestBackend.join(&configuration)
    do {
        try await run(configuration, body)
        await backend?.leave()
    } catch {
        await backend?.leave()
        throw error
    }
}

/// Runs `body` beside two relays that share a store, then stops them and waits for their ends.
///
/// - Parameter configure: changes the configuration of the first relay (0) or the second (1).
func withTwoRelays(
    _ configure: (inout RelayConfiguration, Int) -> Void = { _, _ in },
    _ body: @Sendable @escaping (TestRelay, TestRelay) async throws -> Void
) async throws {
    var configuration = RelayConfiguration.forTests
    let backend = try await TestBackend.joinShared(&configuration)
    let configurations = [0, 1].map { place in
        var own = configuration
        configure(&own, place)
        return own
    }
    do {
        try await run(configurations[0]) { first in
            try await run(configurations[1]) { try await body(first, $0) }
        }
        await backend.leave()
    } catch {
        await backend.leave()
        throw error
    }
}

private func run(
    _ configuration: RelayConfiguration,
    _ body: @Sendable @escaping (TestRelay) async throws -> Void
) async throws {
    var logger = Logger(label: "relay.tests")
    logger.logLevel = .critical
    let (ports, port) = AsyncStream<Int>.makeStream()
    let relay = Relay(
        configuration: configuration,
        logger: logger,
        hooks: RelayHooks(listening: { number, _ in port.yield(number) })
    )
    let group = ServiceGroup(
        configuration: ServiceGroupConfiguration(services: [.init(service: relay)], logger: logger)
    )
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { port.finish() }
            try await group.run()
        }
        tasks.addTask {
            guard let port = await ports.first(where: { _ in true }) else { return }
            do {
                try await withHTTPClient {
                    try await body(
                        TestRelay(port: port, http: $0, shutDown: { await group.triggerGracefulShutdown() })
                    )
                }
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
        }
        try await tasks.waitForAll()
    }
}

/// Runs `body` with a client that follows no redirects.
func withHTTPClient(_ body: (HTTPClient) async throws -> Void) async throws {
    var configuration = HTTPClient.Configuration()
    configuration.redirectConfiguration = .disallow
    let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    do {
        try await body(http)
    } catch {
        try await http.shutdown()
        throw error
    }
    try await http.shutdown()
}

extension RelayConfiguration {
    static var forTests: RelayConfiguration {
        var configuration = RelayConfiguration()
        configuration.server.port = 0
        configuration.server.threads = 1
        configuration.server.shutdownGrace = .seconds(5)
        configuration.storage.backend = .memory
        configuration.access.jwtSecret = Secret(String(repeating: "0123456789abcdef", count: 3))
        configuration.access.bootstrapAdminUsername = TestRelay.administrator
        configuration.access.bootstrapAdminPassword = Secret(TestRelay.password)
        configuration.access.passwordCost.memoryKiB = 8
        configuration.access.passwordCost.iterations = 1
        configuration.rateLimits.isEnabled = false
        // A busy machine takes its time. Tests of the patience set it themselves.
        configuration.signaling.joinPatience = .seconds(60)
        return configuration
    }
}
