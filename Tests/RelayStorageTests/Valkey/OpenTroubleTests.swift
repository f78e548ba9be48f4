import NIOCore
import NIOPosix
import RelayCore
import RelayStorage
import RelayValkey
import Testing
import ValkeyFixture

@Suite("Why a store on Valkey can't be opened", .timeLimit(.minutes(1)))
struct OpenTroubleTests {
    private func message(
        _ address: ValkeyAddress,
        database: Int = 0,
        tls: ValkeyTLS? = nil,
        within time: Duration = .seconds(2)
    ) async -> String {
        var configuration = ValkeyConfiguration(database: database, tls: tls)
        configuration.connectTimeout = .milliseconds(500)
        let error = await #expect(throws: StoreError.self) {
            _ = try await ValkeyStore.open(
                .server(address),
                configuration,
                settings: .init(openTimeout: time, advice: { "advice on \($0)" }),
                loops: [MultiThreadedEventLoopGroup.singleton.any()]
            )
        }
        #expect(error?.code == .unavailable)
        return error?.message ?? ""
    }

    @Test("nobody is there")
    func unreachable() async {
        let message = await self.message(ValkeyAddress(host: "127.0.0.1", port: 1), within: .milliseconds(200))
        #expect(message.hasPrefix("no connection to 127.0.0.1:1") && message.hasSuffix("advice on unreachable"))
    }

    @Test("the database, the file of authorities, and TLS where there is none")
    func plainServer() async throws {
        try await ValkeyServerProcess.with { server in
            let database = await self.message(server.address, database: 9_999)
            #expect(database.contains("has no database 9999") && database.hasSuffix("advice on database(9999)"))
            let file = await self.message(server.address, tls: ValkeyTLS(certificateAuthorityPath: "/none.pem"))
            #expect(file.contains("'/none.pem' can't be read") && file.contains("advice on authorities"))
            let tls = await self.message(server.address, tls: ValkeyTLS())
            #expect(tls.contains("does not answer in TLS") && tls.hasSuffix("advice on noTLS"))
        }
    }

    @Test("no TLS where the server wants it, and a certificate that nobody vouches for")
    func secureServer() async throws {
        let certificates = try TLSCertificates.make()
        defer { certificates.remove() }
        try await ValkeyServerProcess.with(ValkeyServerOptions(tls: certificates)) { server in
            let plain = await self.message(server.address)
            #expect(plain.contains("does not answer in plain text") && plain.hasSuffix("advice on noPlainText"))
            let untrusted = await self.message(server.address, tls: ValkeyTLS())
            #expect(untrusted.contains("is not trusted: advice on certificate"))
        }
    }
}
