import NIOCore
import Testing

@testable import RelayValkey

struct LinkStateTests {
    private let limits = ReconnectBackoff.Limits()

    @Test("The back-off doubles to its limit, is jittered, and starts anew after a success")
    func backoff() {
        var backoff = ReconnectBackoff(self.limits)
        let steps = (0..<8).map { _ in backoff.next(random: 1) }
        #expect(steps == [50, 100, 200, 400, 800, 1_600, 2_000, 2_000].map { .milliseconds($0) })
        backoff.reset()
        #expect(backoff.next(random: 0) == .milliseconds(25))
        for _ in 0..<1_000 { _ = backoff.next(random: 1) }
        #expect(backoff.next(random: 1) == .seconds(2))
    }

    @Test("A lost connection is tried for again, and what is heard late of an old attempt changes nothing")
    func attempts() {
        var state = LinkState(self.limits)
        #expect(state.start() == .connect(attempt: 1))
        #expect(state.start() == .nothing)
        #expect(state.ended(1, random: 1) == .wait(.milliseconds(50)))
        #expect(state.ended(1, random: 1) == .nothing)
        #expect(state.established(1) == false)
        #expect(state.waited() == .connect(attempt: 2))
        #expect(state.ended(1, random: 1) == .nothing)
        #expect(state.established(1) == false)
        #expect(state.established(2) == true)
        #expect(state.waited() == .nothing)
        #expect(state.ended(2, random: 1) == .wait(.milliseconds(50)))
        state.close()
        #expect(state.waited() == .nothing)
        #expect(state.start() == .nothing)
    }

    @Test("The handshake says what is configured, in order")
    func handshake() {
        var configuration = ValkeyConfiguration(username: "u", password: "p", database: 3)
        configuration.clientName = "relay"
        var handshake = Handshake(configuration)
        let sent = handshake.commands.compactMap(\.encoded).map { String(buffer: $0) }.joined()
        #expect(
            sent == "*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$1\r\np\r\n*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n"
                + "*3\r\n$6\r\nCLIENT\r\n$7\r\nSETNAME\r\n$5\r\nrelay\r\n*1\r\n$4\r\nPING\r\n"
        )
        #expect(handshake.received(.status("OK")) == .wait)
        #expect(handshake.received(.status("OK")) == .wait)
        #expect(handshake.received(.error(ValkeyServerError(line: "NOPERM no"))) == .wait)
        #expect(handshake.received(.status("PONG")) == .finished)
        #expect(handshake.received(.status("PONG")) == .violation)
    }

    @Test(
        "A server that is not ready is told from one that refuses",
        arguments: [("LOADING busy", false), ("NOAUTH Authentication required.", true), ("ERR odd", true)]
    )
    func refusal(line: String, isRefused: Bool) {
        var handshake = Handshake(ValkeyConfiguration())
        let error = ValkeyServerError(line: line)
        let action = handshake.received(.error(error))
        #expect(action == (isRefused ? .refused(error) : .notReady(error)))
    }
}
