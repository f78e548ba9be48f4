import NIOCore
import Testing

@testable import RelayValkey

struct RetryPolicyTests {
    private static let source = ValkeyAddress(host: "here", port: 7_000)
    private static let there = ValkeyAddress(host: "10.0.0.1", port: 6_381)

    @Test(
        "Errors that mean elsewhere or later",
        arguments: [
            ("MOVED 3999 10.0.0.1:6381", .moved(slot: 3_999, Self.there)), ("ASK 1 10.0.0.1:6381", .ask(Self.there)),
            ("MOVED 1 :6381", .moved(slot: 1, ValkeyAddress(host: "here", port: 6_381))),
            ("ASK 1 2001:db8::1:6381", .ask(ValkeyAddress(host: "2001:db8::1", port: 6_381))),
            ("TRYAGAIN Multiple keys", .later), ("CLUSTERDOWN The cluster is down", .later),
            ("LOADING the dataset", .later), ("MASTERDOWN Link", .later),
            ("MOVED", nil), ("MOVED 16384 a:1", nil), ("MOVED -1 a:1", nil), ("MOVED 1 a:0", nil), ("ASK 1 a", nil),
            // A node whose name the one that was asked doesn't know yet.
            ("MOVED 1 ?:6381", .later), ("ASK 1 ?:6381", .later), ("MOVED x ?:6381", nil),
            ("ERR Script attempted to access a non local key", nil), ("WRONGTYPE x", nil),
        ] as [(String, ClusterTrouble?)]
    )
    func servers(_ line: String, _ trouble: ClusterTrouble?) {
        #expect(ClusterTrouble(.server(ValkeyServerError(line: line)), from: Self.source) == trouble)
    }

    @Test("What was not sent may be sent again, what may have run may not")
    func unsent() {
        let again: [ValkeyError] = [.unavailable(nil), .disconnected(mayHaveRun: false), .closed]
        for error in again { #expect(ClusterTrouble(error, from: Self.source) == .later) }
        let final: [ValkeyError] = [
            .disconnected(mayHaveRun: true), .timedOut(mayHaveRun: true), .timedOut(mayHaveRun: false), .overloaded,
            .tooLarge, .protocolViolation("x"),
        ]
        for error in final { #expect(ClusterTrouble(error, from: Self.source) == nil) }
    }

    @Test("A redirect is followed at once, but not for ever")
    func redirects() {
        var policy = RetryPolicy()
        let now = NIODeadline.uptimeNanoseconds(0)
        for _ in 0..<2 {
            for number in 0..<RetryPolicy.maxRedirects {
                let isAsking = number.isMultiple(of: 2)
                let trouble: ClusterTrouble = isAsking ? .ask(Self.there) : .moved(slot: 1, Self.there)
                let step = policy.step(after: trouble, now: now, deadline: now + .seconds(5), random: 1)
                #expect(step == .resend(to: Self.there, isAsking: isAsking))
            }
            let step = policy.step(after: .ask(Self.there), now: now, deadline: now + .seconds(5), random: 1)
            guard case .wait = step else {
                Issue.record("\(step) instead of a wait")
                return
            }
        }
    }

    @Test("Waits grow to a limit, and end shortly before the deadline", arguments: [0.0, 0.5, 1.0])
    func waits(_ random: Double) {
        var policy = RetryPolicy()
        let deadline = NIODeadline.uptimeNanoseconds(0) + .seconds(5)
        var now = NIODeadline.uptimeNanoseconds(0)
        var last = TimeAmount.zero
        while case .wait(let delay) = policy.step(after: .later, now: now, deadline: deadline, random: random) {
            #expect(delay >= last && delay > .zero && delay <= .milliseconds(200))
            (last, now) = (delay, now + delay)
        }
        #expect(deadline - now >= RetryPolicy.leastTime)
        #expect(deadline - now < RetryPolicy.leastTime + .milliseconds(200))
        #expect(policy.step(after: .ask(Self.there), now: deadline, deadline: deadline, random: random) == .giveUp)
    }
}
