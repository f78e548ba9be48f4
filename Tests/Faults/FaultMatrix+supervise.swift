import Foundation
import ProgramFixture
import Testing

/// `docker/supervise`, outside of its container: one Valkey and one relay that live and die together.
extension FaultMatrix {
    @Test(
        "11. supervise brings both up, and its health check succeeds; SIGTERM ends both with 0, and data is there after it"
    )
    func supervised() async throws {
        try await Supervised.inFolder { first in
            try await first.start()
            #expect(try await first.isHealthy())
            try await first.visitor.logIn()
            #expect(try await first.visitor.publish("kept", Self.text("kept")).status == 201)
            #expect(try await first.end(by: SIGTERM) == .code(0), "\(first.lastWords)")
            #expect(try await !first.isHealthy())
            try await first.start()
            try await first.visitor.logIn()
            let history = try await first.visitor.history("kept")
            #expect(history.body.contains(Self.text("kept")), "\(history)")
            #expect(try await first.end(by: SIGTERM) == .code(0), "\(first.lastWords)")
        }
    }

    @Test("12. Under supervise the end of one is the end of the other", arguments: ["pulsar-relay", "redis-server"])
    func supervisedEnd(program: String) async throws {
        try await Supervised.inFolder { pair in
            try await pair.start()
            let children = try pair.children()
            #expect(children.count == 2)
            let victim = try #require(
                children.first { $0.name == program || $0.name == "valkey-server" && program == "redis-server" }
            )
            kill(victim.id, SIGKILL)
            #expect(try await pair.exit() == .code(1), "\(pair.lastWords)")
            for child in children { #expect(kill(child.id, 0) == -1, "\(child.name) still runs") }
        }
    }
}
