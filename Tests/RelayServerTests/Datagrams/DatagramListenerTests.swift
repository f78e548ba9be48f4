import Foundation
import NIOCore
import NIOPosix
import ProgramFixture
import RelayWire
import Testing

@testable import RelayServer

@Suite("The UDP port", .timeLimit(.minutes(1)))
struct DatagramListenerTests {
    @Test("a client learns its address, and the answer comes from where it asked")
    func binding() async throws {
        try await TestDatagramListener.with { service in
            let target = try SocketAddress(ipAddress: service.host, port: TestDatagramListener.port)
            let (local, answers) = try await TestDatagramListener.exchange(
                [STUNExchange.request { $0.addFingerprint() }],
                to: target,
                count: 1
            )
            let message = try STUNMessage(answers[0].data)
            #expect(answers[0].remoteAddress == target)
            #expect(try message.address(.xorMappedAddress) == local.flatMap { TransportAddress($0) })
            #expect(try message.address(.responseOrigin) == TransportAddress(target))
            #expect(message.hasFingerprint && message.fingerprintIsRight)
        }
    }

    @Test(
        "an answer comes from the endpoint that the client asks for",
        arguments: [
            (STUNChangeRequest.port, false, true), (.address, true, false),
            (STUNChangeRequest([.address, .port]), true, true),
        ]
    )
    func change(change: STUNChangeRequest, changesHost: Bool, changesPort: Bool) async throws {
        try await TestDatagramListener.with { service in
            let request = STUNExchange.request { $0.add(.changeRequest, number: change.rawValue) }
            let (_, answers) = try await TestDatagramListener.exchange(
                [request],
                to: SocketAddress(ipAddress: service.host, port: TestDatagramListener.port),
                count: 1
            )
            let origin = try SocketAddress(
                ipAddress: changesHost ? service.alternateHost : service.host,
                port: changesPort ? TestDatagramListener.alternatePort : TestDatagramListener.port
            )
            #expect(answers[0].remoteAddress == origin)
        }
    }

    @Test("garbage has no answer and harms nothing, and a source has no more answers than it may")
    func flood() async throws {
        try await TestDatagramListener.with(perSecond: 3) { service in
            let garbage = (0..<40).map { ByteBuffer(repeating: UInt8(0xFF - $0), count: 1 + $0 * 60) }
            let requests = Array(repeating: STUNExchange.request(), count: 8)
            let target = try SocketAddress(ipAddress: service.host, port: TestDatagramListener.port)
            let (_, answers) = try await TestDatagramListener.exchange(garbage + requests, to: target, count: 3)
            #expect(answers.count == 3)
            let (_, others) = try await TestDatagramListener.exchange(
                [STUNExchange.request()],
                to: target,
                from: "127.0.0.99",
                count: 1
            )
            #expect(others.count == 1)
            #expect(service.ignored.all.filter { $0 == .malformed }.count == 40)
            #expect(service.ignored.all.filter { $0 == .tooMany }.count == 5)
        }
    }

    @Test("IPv6 clients are answered, on a socket for every address")
    func everyAddress() async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let listener = try await DatagramListener.bind(
            [DatagramListener.Place(host: "::", port: 0)],
            on: loop,
            port: TestDatagramListener.port(TestDatagramListener.responder(STUNExchange.plain), on: loop)
        )
        let port = try #require(listener.addresses.first?.port)
        for (host, client) in [("::1", "::1"), ("127.0.0.1", "127.0.0.1")] {
            let (local, answers) = try await TestDatagramListener.exchange(
                [STUNExchange.request()],
                to: SocketAddress(ipAddress: host, port: port),
                from: client,
                count: 1
            )
            let message = try STUNMessage(answers[0].data)
            #expect(try message.address(.xorMappedAddress) == local.flatMap { TransportAddress($0) })
        }
        await listener.close()
    }

    @Test("a datagram that the system refuses ends nothing")
    func unsendable() async throws {
        let channel = try await DatagramBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0)
            .get()
        let own = try #require(channel.localAddress)
        let broadcast = try SocketAddress(ipAddress: "255.255.255.255", port: 9)
        let taken = try await channel.eventLoop.submit {
            let socket = try #require(DatagramSocket(channel))
            return [broadcast, own].map { socket.send(ByteBuffer(string: "x"), to: $0) }
        }.get()
        #expect(taken == [false, true])
        #expect(channel.isActive)
        try await channel.close()
    }

    @Test("where one address can't be bound, none stays open")
    func occupied() async throws {
        try await TestDatagramListener.with { service in
            let loop = MultiThreadedEventLoopGroup.singleton.next()
            let port = try await TestDatagramListener.port(
                TestDatagramListener.responder(STUNExchange.plain),
                on: loop
            )
            let free = DatagramListener.Place(host: service.host, port: 7_002)
            let taken = DatagramListener.Place(host: service.host, port: TestDatagramListener.port)
            let failure = await #expect(throws: BindFailure.self) {
                try await DatagramListener.bind([free, taken], on: loop, port: port)
            }
            #expect(failure?.port == TestDatagramListener.port)
            let again = try await DatagramListener.bind([free], on: loop, port: port)
            #expect(again.addresses.first?.port == 7_002)
            await again.close()
        }
    }

    // MARK: coturn's clients

    @Test("coturn's STUN client is told its address, and takes the relay for a server of RFC 5780")
    func stunClient() async throws {
        try await TestDatagramListener.with { service in
            let output = try await self.run(
                "turnutils_stunclient",
                ["-f", "-p", "\(TestDatagramListener.port)", "-L", "127.0.0.1", service.host]
            )
            #expect(output.contains("UDP reflexive addr: 127.0.0.1:"), "\(output)")
            #expect(output.contains("\(service.alternateHost):\(TestDatagramListener.alternatePort)"), "\(output)")
        }
    }

    @Test(
        "coturn's NAT discovery finds no NAT and no filter on this machine, with padding too",
        arguments: [[], ["-P"]]
    )
    func natDiscovery(padding: [String]) async throws {
        try await TestDatagramListener.with { service in
            let output = try await self.run(
                "turnutils_natdiscovery",
                padding + ["-m", "-f", "-L", "127.0.0.1", "-p", "\(TestDatagramListener.port)", service.host]
            )
            #expect(output.contains("No NAT! (Endpoint Independent Mapping)"), "\(output)")
            #expect(output.contains("NAT with Endpoint Independent Filtering!"), "\(output)")
        }
    }

    /// - Returns: all that the program wrote, once it has ended by itself and well.
    private func run(_ program: String, _ arguments: [String]) async throws -> String {
        let directory = FileManager.default.temporaryDirectory
        let log = directory.appending(path: "\(program)-\(UUID()).log")
        defer { try? FileManager.default.removeItem(at: log) }
        let process = try ChildProcess(
            URL(filePath: "/usr/bin/\(program)"),
            arguments,
            environment: [:],
            directory: directory,
            log: log
        )
        let exit = try await process.exit(within: .seconds(40))
        #expect(exit == .code(0), "\(process.lastWords)")
        return process.lastWords
    }
}
