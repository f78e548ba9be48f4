import Foundation
import NIOCore
import Testing

@testable import RelayServer

@Suite("Why a relay can't listen")
struct ListenFailureTests {
    @Test(
        "The text names the key to change",
        arguments: [
            (EADDRINUSE, "port 8080 of 10.0.0.1 is in use"), (EADDRNOTAVAIL, "set host to"), (EACCES, "set port to"),
            (EMFILE, "10.0.0.1:8080"),
        ]
    )
    func text(_ code: CInt, _ part: String) {
        let text = ListenFailure.text(IOError(errnoCode: code, reason: "bind"), host: "10.0.0.1", port: 8080)
        #expect(text.contains(part))
        #expect(!text.contains("\n"))
    }

    @Test("A port that another relay has is said to be in use", .timeLimit(.minutes(1)))
    func taken() async throws {
        try await withRelay { first in
            let error = await #expect(throws: RelayStartError.self) {
                try await withRelay {
                    $0.server.host = "127.0.0.1"
                    $0.server.port = first.port
                } _: { _ in
                    Issue.record("both listen")
                }
            }
            #expect("\(error.map { "\($0)" } ?? "")".hasPrefix("port \(first.port) of 127.0.0.1 is in use: stop"))
        }
    }
}
