import NIOCore
import Testing
import ValkeyFixture

@testable import RelayValkey

@Suite(.timeLimit(.minutes(1)))
struct AccessTests {
    @Test("A wrong password, or none, is refused, and shown without the password")
    func wrongPassword() async throws {
        try await ValkeyServerProcess.with(ValkeyServerOptions(password: "right")) { (server) async throws in
            for (password, prefix) in [(ValkeyPassword("wrong"), "WRONGPASS"), (nil, "NOAUTH")] {
                let watched = try WatchedNode(server.address, ValkeyConfiguration(password: password))
                await watched.wait { if case .refused = $0 { true } else { false } }
                guard case .refused(let message) = watched.node.state else { continue }
                #expect(message.hasPrefix(prefix))
                #expect(!message.contains("wrong"))
                #expect(await failure(of: ValkeyCommand("PING"), on: watched.node)?.code == .unavailable)
                await watched.node.close()
            }
        }
    }

    @Test("A password is corrected on the server: the node comes in by itself")
    func corrected() async throws {
        try await ValkeyServerProcess.with(ValkeyServerOptions(password: "old")) { (server) async throws in
            let watched = try WatchedNode(server.address, ValkeyConfiguration(password: "new"))
            await watched.wait { if case .refused = $0 { true } else { false } }
            try await WatchedNode.with(server.address, ValkeyConfiguration(password: "old")) { admin in
                _ = try await admin.node.send(ValkeyCommand("CONFIG", "SET", "requirepass", "new"))
                await watched.wait(\.isConnected)
            }
            await watched.node.close()
        }
    }

    @Test("A user with a password gets its rights, its database and its name")
    func user() async throws {
        let options = ValkeyServerOptions(users: ["default off", "worker on >secret ~* &* +@all -get"])
        var configuration = ValkeyConfiguration(username: "worker", password: "secret", database: 5)
        configuration.clientName = "relay-test"
        try await ValkeyServerProcess.with(options) { [configuration] server in
            try await WatchedNode.with(server.address, configuration) { (watched) async throws in
                #expect(try await watched.node.send(ValkeyCommand("ACL", "WHOAMI")).text == "worker")
                let info = try await watched.node.send(ValkeyCommand("CLIENT", "INFO")).text ?? ""
                #expect(info.contains(" db=5 ") && info.contains(" name=relay-test "))
                #expect(await failure(of: ValkeyCommand("GET", "k"), on: watched.node)?.server?.prefix == "NOPERM")
            }
        }
    }

    @Test("TLS trusts the given authority only, and checks the name")
    func tls() async throws {
        let certificates = try TLSCertificates.make()
        defer { certificates.remove() }
        try await ValkeyServerProcess.with(ValkeyServerOptions(password: "p", tls: certificates)) {
            (server) async throws in
            let trusting = ValkeyTLS(certificateAuthorityPath: certificates.authority)
            for host in ["localhost", "127.0.0.1"] {
                let address = ValkeyAddress(host: host, port: server.port)
                try await WatchedNode.with(address, ValkeyConfiguration(password: "p", tls: trusting)) {
                    (watched) async throws in
                    #expect(try await watched.node.send(ValkeyCommand("PING")) == .status("PONG"))
                }
            }
            let watched = try WatchedNode(server.address, ValkeyConfiguration(password: "p", tls: ValkeyTLS()))
            await watched.wait { if case .connecting(_, .some) = $0 { true } else { false } }
            #expect(await failure(of: ValkeyCommand("PING"), on: watched.node)?.code == .unavailable)
            await watched.node.close()
        }
    }
}
