import Foundation
import NIOHTTP1
import ProgramFixture
import Testing
import ValkeyFixture

/// The server does not let relays in, or is not there when they start.
extension FaultMatrix {
    @Test("10a. A relay with a wrong password for Valkey says so, and exits with 1")
    func wrongPassword() async throws {
        try await ValkeyServerProcess.with(ValkeyServerOptions(password: "right")) { valkey in
            try await Self.expectNoStart(valkey: valkey.port, saying: "refuses this relay's user or password")
        }
    }

    @Test("10b. A relay that finds no Valkey at its start says so, and exits with 1 within seconds")
    func noValkey() async throws {
        try await Self.expectNoStart(valkey: try await freePort(), saying: "no connection to 127.0.0.1")
    }

    @Test(
        "10c. The password of Valkey changes and changes back: publishers are told to try again, and all resumes by itself"
    )
    func passwordChanged() async throws {
        let options = ValkeyServerOptions(password: "old-secret", isDurable: true)
        try await Stage.run(options, settings: ["VALKEY_PASSWORD": "old-secret"]) { stage in
            #expect(try await stage.nodes[0].visitor.publish("still", Self.text("first")).status == 201)
            let socket = try await Socket.open(on: stage.nodes[1], "still")
            defer { socket.close() }
            let proof = try await stage.prove()
            try await stage.changePassword(from: "old-secret", to: "new-secret")
            for node in stage.nodes {
                try await until("it isn't ready", within: .seconds(1)) { try await node.visitor.ready().status == 503 }
                let ready = try await node.visitor.ready()
                #expect(ready.status == 503 && ready.elapsed < .milliseconds(1500), "\(ready)")
                try await until("the log has the reason", within: .seconds(3)) {
                    _ = try await node.visitor.ready()
                    return node.lastWords.contains("the store can't serve") && node.lastWords.contains("WRONGPASS")
                }
                #expect(!node.lastWords.contains("old-secret"), "\(node.lastWords)")
            }
            try await stage.expectRefusals(until: .now + .seconds(2))
            try await stage.changePassword(from: "new-secret", to: "old-secret")
            try await stage.published(50)
            #expect(try await stage.nodes[0].visitor.publish("still", Self.text("last")).status == 201)
            #expect(try await socket.payloads(through: Self.text("last")) == [Self.text("last")])
            try await stage.expectHeld(proof)
        }
    }

    @Test("10e. A new password that is set on one relay ends on the other what was obtained by the old one")
    func userPassword() async throws {
        try await Stage.run { stage in
            let (here, there) = (stage.nodes[0].visitor, stage.nodes[1].visitor)
            #expect(try await there.publish("still", Self.text("first")).status == 201)
            let socket = try await Socket.open(on: stage.nodes[1], "still")
            let id = try #require(try await here.ask(.GET, "/auth/me").member("user_id"))
            let change = try await here.ask(.PATCH, "/auth/users/\(id)", #"{"password":"another password"}"#)
            #expect(change.status == 200, "\(change)")
            let start = ContinuousClock.now
            #expect(await socket.end() == 1008)
            // Without word from the other relay it would take until users are looked at again, a minute.
            #expect(ContinuousClock.now - start < .seconds(20))
            // A publish never asks the store who its user is.
            try await until("the token ends on the other", within: .seconds(5)) {
                try await there.publish("still", Self.text("second")).status == 401
            }
            #expect(try await there.logIn().status == 401)
        }
    }

    @Test("10d. A relay whose Valkey may drop keys says so when it starts, and one whose Valkey may not does not")
    func eviction() async throws {
        for policy in ["allkeys-lru", "noeviction"] {
            let options = ValkeyServerOptions(arguments: ["--maxmemory-policy", policy])
            try await ValkeyServerProcess.with(options) { valkey in
                try await Stage.inFolder { folder in
                    let port = try await freePort()
                    let node = Node(port: port, valkey: Node.server(on: valkey.port), settings: [:], folder: folder)
                    try await node.start()
                    let warns = node.lastWords.contains("maxmemory-policy=\(policy)")
                    #expect(warns == (policy != "noeviction"), "\(node.lastWords)")
                    try await node.end(by: SIGTERM)
                }
            }
        }
    }

    private static func expectNoStart(
        valkey: Int,
        saying words: String,
        _ location: SourceLocation = #_sourceLocation
    ) async throws {
        try await Stage.inFolder { folder in
            let settings = ["VALKEY_PASSWORD": "hush-hush"]
            let port = try await freePort()
            let node = Node(port: port, valkey: Node.server(on: valkey), settings: settings, folder: folder)
            try node.launch()
            let exit = try await node.exit(within: .seconds(9))
            let said = try String(contentsOf: folder.appending(path: "relay-\(node.port).log"), encoding: .utf8)
            #expect(exit == .code(1), "\(said)", sourceLocation: location)
            #expect(said.contains(words), "\(said)", sourceLocation: location)
            #expect(!said.contains("hush-hush"), "\(said)", sourceLocation: location)
        }
    }
}

extension Stage {
    /// All connections have to log in anew.
    fileprivate func changePassword(from old: String, to new: String) async throws {
        #expect(try await self.command("CONFIG", "SET", "requirepass", new, password: old) == "OK")
        for kind in ["normal", "pubsub"] {
            _ = try await self.command("CLIENT", "KILL", "TYPE", kind, password: new)
        }
    }
}
