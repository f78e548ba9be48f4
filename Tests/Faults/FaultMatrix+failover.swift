import Foundation
import NIOCore
import Testing
import ValkeyFixture

/// A replica takes over that does not have everything.
extension FaultMatrix {
    @Test(
        "7. A replica without the last messages takes over: readers are told of the gap, also those who were away, and ids still increase"
    )
    func failover() async throws {
        try await Stage.run { stage in
            // Or the server waits for five seconds whether more replicas come.
            #expect(try await stage.command("CONFIG", "SET", "repl-diskless-sync-delay", "0") == "OK")
            let replication = try await FaultyLink.start(to: stage.valkey.port)
            let options = ValkeyServerOptions(arguments: ["--replicaof", "127.0.0.1", "\(replication.port)"])
            try await ValkeyServerProcess.with(options) { replica in
                try await until("the replica has caught up") {
                    try await stage.command("INFO", "replication").contains("state=online")
                }
                let proof = try await stage.prove()
                let kept = try await stage.publishNumbered(1)
                let sockets = try await [
                    Socket.open(on: stage.nodes[0], "numbered"), .open(on: stage.nodes[1], "numbered"),
                ]
                defer { for socket in sockets { socket.close() } }
                try await until("the replica has the first message") {
                    try await stage.command("XLEN", "pulsar:{numbered}:stream", port: replica.port) == "1"
                }
                replication.set { $0.isOpen = false }
                try await replication.cut()
                try await stage.published(50)
                let lost = try await stage.publishNumbered(2)
                await stage.valkey.kill()
                #expect(try await stage.command("REPLICAOF", "NO", "ONE", port: replica.port) == "OK")
                for link in stage.links { link.lead(to: replica.port) }
                try await stage.published(50)
                let next = try await stage.publishNumbered(3)
                #expect(kept < lost && lost < next)
                for socket in sockets {
                    #expect(try await socket.story(through: next) == ["\(lost)", "gap to \(next)", "\(next)"])
                }
                try await stage.expectLossTold(proof)
                try await stage.expectGapTold(toThoseAfter: [kept, lost], before: next)
                // A relay that knew nothing of it is told by the server.
                try await stage.nodes[1].end(by: SIGKILL)
                try await stage.nodes[1].start()
                try await stage.expectGapTold(toThoseAfter: [kept, lost], before: next)
            }
            try await replication.stop()
        }
    }
}
