import NIOCore
import Testing

/// The network between the relays and Valkey fails.
extension FaultMatrix {
    @Test("6a. One relay's connections to Valkey are cut, again and again")
    func connectionsCut() async throws {
        try await Stage.run { stage in
            #expect(try await stage.nodes[0].visitor.publish("still", Self.text("first")).status == 201)
            let socket = try await Socket.open(on: stage.nodes[0], "still")
            defer { socket.close() }
            let proof = try await stage.prove()
            for _ in 0..<5 {
                #expect(try await stage.links[0].cut() > 1)
                try await stage.published(25, on: 0)
            }
            #expect(try await stage.nodes[1].visitor.publish("still", Self.text("last")).status == 201)
            #expect(try await socket.payloads(through: Self.text("last")) == [Self.text("last")])
            try await stage.expectHeld(proof)
        }
    }

    @Test("6b. One relay can't reach Valkey for three seconds: it says so, and the other goes on")
    func relayCutOff() async throws {
        try await Stage.run { stage in
            let proof = try await stage.prove()
            let end = ContinuousClock.now + .seconds(3)
            stage.links[0].set { $0.isOpen = false }
            try await stage.links[0].cut()
            try await until("one isn't ready", within: .seconds(1)) {
                try await stage.nodes[0].visitor.ready().status == 503
            }
            try await stage.published(25, on: 1)
            while ContinuousClock.now < end { try await stage.nodes[0].expectRefusal() }
            #expect(try await stage.nodes[1].visitor.ready().status == 200)
            stage.links[0].set { $0.isOpen = true }
            try await stage.published(25, on: 0)
            try await stage.expectHeld(proof)
        }
    }

    @Test("6c. One relay's subscription is cut, again and again: its readers miss nothing")
    func subscriptionCut() async throws {
        try await Stage.run { stage in
            let proof = try await stage.prove("--resume-every", "3s")
            for _ in 0..<5 {
                try await until("a subscription is there") { try await stage.links[0].cut(.subscription) == 1 }
                try await stage.published(25, on: 1)
            }
            try await stage.expectHeld(proof)
        }
    }

    @Test("6d. One relay's subscription falls silent without an end: it is noticed, and its readers miss nothing")
    func subscriptionFrozen() async throws {
        try await Stage.run { stage in
            let proof = try await stage.prove("--resume-every", "4s")
            #expect(try await stage.links[0].freeze(.subscription) == 1)
            try await stage.published(400)
            try await stage.expectHeld(proof)
        }
    }

    @Test("6e. One relay's news are lost without a word: the next one shows it, and its readers miss nothing")
    func newsLost() async throws {
        try await Stage.run { stage in
            let proof = try await stage.prove("--resume-every", "60s")
            for _ in 0..<3 {
                stage.links[0].set { $0.losesNews = true }
                try await stage.published(40, on: 1)
                stage.links[0].set { $0.losesNews = false }
                try await stage.published(40, on: 1)
            }
            try await stage.expectHeld(proof)
        }
    }

    @Test("6f. Valkey is 50 ms away, give or take")
    func slowLinks() async throws {
        try await Stage.run { stage in
            for link in stage.links {
                link.set {
                    $0.latency = .milliseconds(25); $0.jitter = .milliseconds(10)
                }
            }
            let proof = try await stage.prove()
            try await stage.published(200)
            try await stage.expectHeld(proof)
        }
    }

    @Test("6g. One relay has 80 KB a second to Valkey")
    func narrowLink() async throws {
        try await Stage.run { stage in
            stage.links[0].set { $0.bytesPerSecond = 80_000 }
            let proof = try await stage.prove()
            try await stage.published(200)
            try await stage.expectHeld(proof)
        }
    }
}
