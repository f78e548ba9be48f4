import Dispatch
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import RelayCore
import RelayWire
import Testing

@testable import RelayServer

@Suite("Outgoing requests", .timeLimit(.minutes(1)))
struct OutgoingHTTPTests {
    /// Runs `body` with requests whose hosts have the addresses that `names` says.
    private func with(
        _ names: [String: [String]] = [:],
        _ body: (OutgoingHTTP) async throws -> Void
    ) async throws {
        let lookup = HostLookup { name in (names[name] ?? []).compactMap { IPAddress($0) } }
        let http = OutgoingHTTP(on: MultiThreadedEventLoopGroup.singleton, lookup: lookup)
        do {
            try await body(http)
        } catch {
            await http.close()
            throw error
        }
        await http.close()
    }

    private func request(_ url: String, _ reach: OutgoingReach = .everywhere) throws -> OutgoingRequest {
        var request = OutgoingRequest(try #require(OutgoingURL(url)))
        request.reach = reach
        return request
    }

    @Test("go to the address that was looked up, and name the host")
    func pinned() async throws {
        try await TestHTTPServer.with { _ in
            .init("{}")
        } _: { server in
            try await self.with(["idp.example.org": ["127.0.0.1"]]) { http in
                var request = try self.request("http://idp.example.org:\(server.port)/a?b=c")
                request.method = .POST
                request.headers = ["x-own": "1"]
                request.body = ByteBuffer(string: "text")
                let answer = try await http.send(request)
                #expect(answer.status == 200)
                #expect(answer.body.map { String(buffer: $0) } == "{}")
            }
            let seen = try #require(server.seen.first)
            #expect(seen.headers["host"] == ["idp.example.org:\(server.port)"])
            #expect(seen.path == "/a?b=c")
            #expect(seen.body == "text")
            #expect(seen.headers["x-own"] == ["1"])
        }
    }

    @Test(
        "are not sent to addresses that nobody outside has",
        arguments: [
            "127.0.0.1", "127.8.9.10", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254",
            "100.64.0.1",
            "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "::ffff:127.0.0.1",
            "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "::127.0.0.1", "ff02::1",
        ]
    )
    func privateAddresses(address: String) async throws {
        try await self.with(["rebound.example.org": [address]]) { http in
            let request = try self.request("http://rebound.example.org:1/", .publicAddresses)
            await #expect(throws: OutgoingError.refusedAddress("rebound.example.org")) { try await http.send(request) }
        }
        #expect(OutgoingReach.publicAddresses.allows(try #require(IPAddress("8.8.8.8")), own: { [] }))
    }

    @Test("are not sent to the machine's own public address")
    func ownAddress() throws {
        let own = try #require(IPAddress("93.184.216.34"))
        #expect(!OutgoingReach.publicAddresses.allows(own, own: { [own] }))
        #expect(OutgoingReach.publicAddresses.allows(own, own: { [] }))
    }

    @Test("try a host's next address where the first takes no connection")
    func nextAddress() async throws {
        try await TestHTTPServer.with { _ in
            .init("{}")
        } _: { server in
            try await self.with(["idp": ["127.0.0.2", "127.0.0.1"]]) { http in
                let answer = try await http.send(try self.request("http://idp:\(server.port)/"))
                #expect(answer.status == 200)
            }
            #expect(server.seen.count == 1)
        }
    }

    @Test("say in the system's words why there is no connection")
    func noConnection() async throws {
        try await TestHTTPServer.with { _ in
            .init("{}")
        } _: { server in
            try await self.with { http in
                // Nothing listens at that address of this machine.
                let request = try self.request("http://127.0.0.2:\(server.port)/")
                let error = await #expect(throws: OutgoingError.self) { try await http.send(request) }
                #expect(error?.description == "no connection to 127.0.0.2: connection refused")
            }
        }
    }

    @Test("follow no redirect")
    func redirect() async throws {
        try await TestHTTPServer.with { _ in
            var answer = TestHTTPServer.Answer("", status: .found)
            answer.headers = ["location": "/elsewhere"]
            return answer
        } _: { server in
            try await self.with { http in
                let answer = try await http.send(try self.request("http://127.0.0.1:\(server.port)/"))
                #expect(answer.status == 302)
            }
            #expect(server.seen.count == 1)
        }
    }

    @Test("keep nothing of an answer that is too long")
    func longAnswer() async throws {
        try await TestHTTPServer.with { _ in
            .init(String(repeating: "a", count: 100_000))
        } _: { server in
            try await self.with { http in
                var request = try self.request("http://127.0.0.1:\(server.port)/")
                request.maxAnswerBytes = 99_999
                let answer = try await http.send(request)
                #expect(answer.status == 200)
                #expect(answer.body == nil)
                request.maxAnswerBytes = 100_000
                #expect(try await http.send(request).body?.readableBytes == 100_000)
            }
        }
    }

    @Test("end in time, whether a head does not come or a body does not end")
    func slowAnswers() async throws {
        for isEndless in [false, true] {
            try await TestHTTPServer.with { _ in
                var answer = TestHTTPServer.Answer("{")
                if isEndless { answer.isEndless = true } else { answer.delay = .seconds(30) }
                return answer
            } _: { server in
                try await self.with { http in
                    var request = try self.request("http://127.0.0.1:\(server.port)/")
                    request.patience = .milliseconds(300)
                    let (slow, start) = (request, ContinuousClock.now)
                    await #expect(throws: OutgoingError.timeout) { try await http.send(slow) }
                    #expect(ContinuousClock.now - start < .seconds(10))
                }
            }
        }
    }

    @Test("don't wait for a name longer than for an answer")
    func slowName() async throws {
        let lookup = HostLookup { _ in
            // As a resolver whose servers are silent.
            Thread.sleep(forTimeInterval: 2)
            return []
        }
        let http = OutgoingHTTP(on: MultiThreadedEventLoopGroup.singleton, lookup: lookup)
        var request = try self.request("http://slow.example.org/")
        request.patience = .milliseconds(200)
        let slow = request
        await #expect(throws: OutgoingError.timeout) { try await http.send(slow) }
        await http.close()
    }

    @Test("find no host that has no address, and none after the end")
    func noHost() async throws {
        try await self.with { http in
            let request = try self.request("http://nowhere.example.org/")
            await #expect(throws: OutgoingError.unknownHost("nowhere.example.org")) { try await http.send(request) }
            await http.close()
            let late = try self.request("http://127.0.0.1:1/")
            await #expect(throws: OutgoingError.closed) { try await http.send(late) }
        }
    }

    @Test("keep few clients for many hosts")
    func manyHosts() async throws {
        let names = (0..<OutgoingClients.maxKept * 2).map { "host-\($0)" }
        try await TestHTTPServer.with { _ in
            .init("{}")
        } _: { server in
            try await self.with(Dictionary(uniqueKeysWithValues: names.map { ($0, ["127.0.0.1"]) })) { http in
                for name in names {
                    let answer = try await http.send(try self.request("http://\(name):\(server.port)/"))
                    #expect(answer.status == 200)
                }
            }
            #expect(server.seen.count == names.count)
        }
    }

    @Test("for one user are a share of all, and others find room, in looking up names as in requests")
    func shares() async throws {
        let isReleased = DispatchSemaphore(value: 0)
        let lookup = HostLookup { name in
            if name.hasPrefix("slow") { isReleased.wait() }
            return [IPAddress("127.0.0.1")].compactMap(\.self)
        }
        try await TestHTTPServer.with { _ in
            .init("{}")
        } _: { server in
            let http = OutgoingHTTP(on: MultiThreadedEventLoopGroup.singleton, lookup: lookup)
            let share = HostLookup.maxUnderWay / OutgoingShares.parts
            try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<2 * share {
                    let request = try self.request("http://slow-\(number):\(server.port)/", of: "alice")
                    group.addTask {
                        do {
                            return try await http.send(request).isSuccess
                        } catch OutgoingError.overloaded {
                            return false
                        }
                    }
                }
                for _ in 0..<share {
                    let isSent = try await group.next()
                    #expect(isSent == false)
                }
                let other = try await http.send(try self.request("http://quick:\(server.port)/", of: "bob"))
                #expect(other.isSuccess)
                let own = try self.request("http://quick:\(server.port)/", of: "alice")
                await #expect(throws: OutgoingError.overloaded) { try await http.send(own) }
                for _ in 0..<share { isReleased.signal() }
                for _ in 0..<share {
                    let isSent = try await group.next()
                    #expect(isSent == true)
                }
                // What has ended makes room.
                #expect(try await http.send(own).isSuccess)
            }
            await http.close()
        }
    }

    private func request(_ url: String, of owner: String) throws -> OutgoingRequest {
        var request = try self.request(url)
        request.owner = UserID(owner)
        return request
    }
}
