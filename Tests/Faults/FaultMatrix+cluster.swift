import Foundation
import NIOHTTP1
import ProgramFixture
import Testing
import ValkeyFixture

/// Slots of a cluster move, and its masters die.
extension FaultMatrix {
    @Test("13. Slots under load move from master to master, that of the users too: what is on its way waits")
    func slotsMoved() async throws {
        try await ClusterStage.run { stage in
            let socket = try await Socket.open(on: stage.nodes[1], "still")
            defer { socket.close() }
            let proof = try await stage.prove()
            let topic = try #require(try await stage.provenTopics().first)
            for tag in [topic, ClusterStage.controlTag, topic] {
                try await stage.moveUnderLoad(tag)
                try await stage.published(20)
            }
            for node in stage.nodes { #expect(try await node.visitor.ready().status == 200) }
            #expect(try await stage.nodes[0].visitor.publish("still", Self.text("last")).status == 201)
            #expect(try await socket.payloads(through: Self.text("last")) == [Self.text("last")])
            try await stage.expectHeld(proof)
        }
    }

    @Test(
        "14a. A master is killed, and its replica takes over; answers wait for the replica: nothing acknowledged is gone"
    )
    func masterKilledReplicated() async throws {
        let settings = ["STORAGE_DURABILITY": "replicated"]
        try await ClusterStage.run(withReplicas: true, settings: settings) { stage in
            try await stage.expectHeld(try await Self.failOver(stage))
        }
    }

    @Test("14b. A master is killed, and its replica takes over")
    func masterKilled() async throws {
        try await ClusterStage.run(withReplicas: true) { stage in
            let proof = try await Self.failOver(stage)
            // What the master had not passed on in that instant is gone, though it was acknowledged.
            try await stage.expectHeldOrLossTold(proof)
        }
    }

    /// Kills the master of a topic under load and of the users.
    private static func failOver(_ stage: ClusterStage) async throws -> Proof {
        let proof = try await stage.prove("--topics", "6")
        let topic = try #require(try await stage.provenTopics().first)
        let master = try await stage.owner(of: topic)
        try await stage.bring(ClusterStage.controlTag, to: master)
        try await stage.published(50)
        try await stage.cluster.failOver(master)
        // As its replica's replica.
        try await stage.cluster.nodes[master].restart()
        for node in stage.nodes {
            try await until("it is ready") { try await node.visitor.ready().status == 200 }
            #expect(try await node.visitor.logIn().status == 200)
        }
        try await stage.published(100)
        return proof
    }

    @Test(
        "15a. A master without a replica is killed: its topics wait for its return, relays are ready and others go on"
    )
    func masterAway() async throws {
        try await ClusterStage.run(Self.partial) { stage in
            let proof = try await stage.prove("--topics", "6")
            let away = try await stage.owner(of: "still")
            try await stage.bring(ClusterStage.controlTag, to: (away + 1) % 3)
            try await stage.bring("alive", to: (away + 1) % 3)
            let socket = try await Socket.open(on: stage.nodes[1], "still", "alive")
            defer { socket.close() }
            try await stage.published(50)
            await stage.cluster.nodes[away].kill()
            let end = ContinuousClock.now + .seconds(3)
            var sent: [String] = []
            repeat {
                for node in stage.nodes {
                    try await node.expectRefusal()
                    sent.append(Self.text("\(sent.count)"))
                    let answer = try await node.visitor.publish("alive", sent[sent.count - 1])
                    #expect(answer.status == 201, "\(answer)")
                }
            } while ContinuousClock.now < end
            // One connection has both.
            #expect(try await socket.payloads(through: sent[sent.count - 1]) == sent)
            for node in stage.nodes {
                #expect(try await node.visitor.ready().status == 200)
                #expect(try await node.visitor.logIn().status == 200)
                #expect(try await node.visitor.history("alive").status == 200)
                // The list says how many messages each of them has.
                let list = try await node.visitor.ask(.GET, "/api/v1/topics")
                #expect(list.status == 503 && list.retryAfter != nil, "\(list)")
            }
            // A relay can go, and come, meanwhile.
            let exit = try await stage.nodes[0].end(by: SIGTERM, within: .seconds(27))
            #expect(exit == .code(0), "\(stage.nodes[0].lastWords)")
            try await stage.nodes[0].start()
            try await stage.cluster.nodes[away].restart()
            try await stage.publishAtLast("still", Self.text("last"))
            #expect(try await socket.payloads(through: Self.text("last")).last == Self.text("last"))
            try await stage.published(100)
            try await stage.expectHeld(proof)
        }
    }

    @Test(
        "15b. The master of the users is killed, and has no replica: nobody logs in, relays are not ready, others go on"
    )
    func controlAway() async throws {
        try await ClusterStage.run(Self.partial) { stage in
            let control = try await stage.owner(of: ClusterStage.controlTag)
            try await stage.bring("alive", to: (control + 1) % 3)
            for node in stage.nodes {
                #expect(try await node.visitor.publish("alive", Self.text("first")).status == 201)
            }
            let socket = try await Socket.open(on: stage.nodes[1], "alive")
            defer { socket.close() }
            let proof = try await stage.prove("--topics", "6")
            await stage.cluster.nodes[control].kill()
            for node in stage.nodes {
                try await until("it isn't ready", within: .seconds(2)) { try await node.visitor.ready().status == 503 }
                let login = try await Visitor(url: node.url).logIn()
                #expect(login.status == 503, "\(login)")
                let answer = try await node.visitor.publish("alive", Self.text("on \(node.port)"))
                #expect(answer.status == 201, "\(answer)")
            }
            let last = Self.text("on \(stage.nodes[1].port)")
            #expect(try await socket.payloads(through: last) == [Self.text("on \(stage.nodes[0].port)"), last])
            try await stage.cluster.nodes[control].restart()
            for node in stage.nodes {
                try await until("it is ready") { try await node.visitor.ready().status == 200 }
                try await until("it lets in") { try await node.visitor.logIn().status == 200 }
            }
            try await stage.published(100)
            try await stage.expectHeld(proof)
        }
    }

    /// Its other servers go on while one is away.
    private static let partial = ValkeyServerOptions(
        isDurable: true,
        arguments: ["--cluster-require-full-coverage", "no"]
    )
}
