import NIOCore
import NIOHTTP1
import RelayCore
import Testing

@testable import RelayServer

@Suite("What a WebSocket decides without I/O")
struct WebSocketDecisionTests {
    private static func pingSchedule() -> PingSchedule {
        PingSchedule(openedAt: .uptimeNanoseconds(0), idleLimit: .seconds(60))
    }

    /// Whether a message that waits is handled now.
    private static func handlesOne(_ intake: inout MessageIntake<String>) -> Bool {
        intake.beginHandling() && intake.next(hasRoom: true) != nil
    }

    private static func at(_ seconds: UInt64) -> NIODeadline { .uptimeNanoseconds(seconds * 1_000_000_000) }

    @Test(
        "pings are sent often enough for the idle limit",
        arguments: [(5, 1_667), (30, 10_000), (60, 20_000), (600, 20_000)]
    )
    func pingInterval(_ idle: Int64, _ milliseconds: Int64) {
        let interval = PingSchedule.pingInterval(within: .seconds(idle))
        #expect(interval <= .milliseconds(milliseconds) && interval >= .milliseconds(milliseconds - 1))
    }

    @Test("a quiet client is pinged, and given up where it does not answer in time")
    func pings() {
        var quiet = Self.pingSchedule()
        #expect(quiet.tick(Self.at(19), isUsed: true, isWritable: true, isHeldBack: false) == .nothing)
        #expect(quiet.tick(Self.at(20), isUsed: true, isWritable: true, isHeldBack: false) == .ping)
        #expect(quiet.tick(Self.at(40), isUsed: true, isWritable: true, isHeldBack: false) == .nothing)
        #expect(quiet.tick(Self.at(41), isUsed: true, isWritable: true, isHeldBack: false) == .closeUnanswered)
        quiet.heard(at: Self.at(42))
        #expect(quiet.tick(Self.at(43), isUsed: true, isWritable: true, isHeldBack: false) == .nothing)
    }

    @Test("a dialect may have times of its own, which hold also while messages are sent")
    func ownTimes() {
        let times = PingSchedule.Times(interval: .seconds(30), patience: .seconds(10))
        var pings = PingSchedule(openedAt: Self.at(0), idleLimit: .seconds(600), times: times)
        #expect(pings.rest(from: Self.at(1), isHeldBack: false) == Self.at(30))
        #expect(pings.tick(Self.at(29), isUsed: true, isWritable: true, isHeldBack: false) == .nothing)
        #expect(pings.tick(Self.at(30), isUsed: true, isWritable: true, isHeldBack: false) == .ping)
        #expect(pings.rest(from: Self.at(31), isHeldBack: false) == Self.at(40))
        pings.delivered()
        #expect(pings.tick(Self.at(40), isUsed: true, isWritable: true, isHeldBack: false) == .nothing)
        #expect(pings.tick(Self.at(41), isUsed: true, isWritable: true, isHeldBack: false) == .closeUnanswered)
    }

    @Test("a client that does not read is neither pinged nor given up")
    func stalled() {
        var stalled = Self.pingSchedule()
        #expect(stalled.tick(Self.at(500), isUsed: true, isWritable: false, isHeldBack: false) == .nothing)
        #expect(stalled.tick(Self.at(501), isUsed: true, isWritable: true, isHeldBack: false) == .ping)
        #expect(stalled.tick(Self.at(900), isUsed: true, isWritable: false, isHeldBack: false) == .nothing)
        #expect(stalled.tick(Self.at(920), isUsed: true, isWritable: true, isHeldBack: false) == .nothing)
        #expect(stalled.tick(Self.at(921), isUsed: true, isWritable: true, isHeldBack: false) == .closeUnanswered)
    }

    @Test("a client that the relay holds back is neither pinged nor given up, for its pong may lie unread")
    func heldBack() {
        var held = Self.pingSchedule()
        #expect(held.tick(Self.at(20), isUsed: true, isWritable: true, isHeldBack: false) == .ping)
        #expect(held.tick(Self.at(41), isUsed: true, isWritable: true, isHeldBack: true) == .nothing)
        #expect(held.tick(Self.at(60), isUsed: true, isWritable: true, isHeldBack: false) == .nothing)
        #expect(held.tick(Self.at(62), isUsed: true, isWritable: true, isHeldBack: false) == .closeUnanswered)
        var first = Self.pingSchedule()
        #expect(first.tick(Self.at(61), isUsed: false, isWritable: true, isHeldBack: true) == .nothing)
        #expect(first.tick(Self.at(62), isUsed: false, isWritable: true, isHeldBack: false) == .closeIdle)
    }

    @Test("a later message waits until the last of several waits is over, those inside of others too")
    func suspensions() {
        var intake = MessageIntake<String>()
        intake.suspend()
        intake.suspend()
        intake.received("later")
        intake.resume()
        #expect(intake.isHeldBack)
        #expect(!Self.handlesOne(&intake))
        intake.resume()
        #expect(!intake.isHeldBack)
        #expect(Self.handlesOne(&intake))
    }

    @Test(
        "a read that was held back is made up for when the connection closes, so that the client's close frame is heard"
    )
    func closingWhileHeld() {
        var intake = MessageIntake<String>()
        for _ in 0..<64 { intake.workBegan() }
        let mayRead = intake.mayRead(hasRoom: true)
        let ends = (intake.end(), intake.end())
        #expect(!mayRead)
        #expect(ends == (true, false))
    }

    @Test("a client that was sent messages since it was heard may still be reading them, and is not given up")
    func reading() {
        var slow = Self.pingSchedule()
        slow.delivered()
        #expect(slow.tick(Self.at(20), isUsed: true, isWritable: true, isHeldBack: false) == .ping)
        #expect(slow.tick(Self.at(500), isUsed: true, isWritable: true, isHeldBack: false) == .nothing)
        slow.heard(at: Self.at(501))
        #expect(slow.tick(Self.at(521), isUsed: true, isWritable: true, isHeldBack: false) == .ping)
        #expect(slow.tick(Self.at(542), isUsed: true, isWritable: true, isHeldBack: false) == .closeUnanswered)
    }

    @Test("who never subscribes is closed however lively it is, and who ignores a close is cut off")
    func idleAndClosing() {
        var idle = Self.pingSchedule()
        idle.heard(at: Self.at(60))
        #expect(idle.tick(Self.at(60), isUsed: false, isWritable: true, isHeldBack: false) == .nothing)
        #expect(idle.tick(Self.at(61), isUsed: false, isWritable: true, isHeldBack: false) == .closeIdle)
        idle.closing(at: Self.at(61))
        idle.heard(at: Self.at(65))
        #expect(idle.tick(Self.at(66), isUsed: false, isWritable: true, isHeldBack: false) == .nothing)
        #expect(idle.tick(Self.at(67), isUsed: false, isWritable: true, isHeldBack: false) == .cutOff)
    }

    @Test("a pong that lay unread while the relay held its client back has its time when that ends")
    func pongUnread() {
        var held = Self.pingSchedule()
        #expect(held.tick(Self.at(20), isUsed: true, isWritable: true, isHeldBack: false) == .ping)
        #expect(held.rest(from: Self.at(20), isHeldBack: false) == Self.at(40))
        // Held back from 21 s, until just before the tick.
        held.readAgain(at: Self.at(41))
        #expect(held.tick(Self.at(41), isUsed: true, isWritable: true, isHeldBack: false) == .nothing)
        #expect(held.tick(Self.at(61), isUsed: true, isWritable: true, isHeldBack: false) == .nothing)
        #expect(held.tick(Self.at(62), isUsed: true, isWritable: true, isHeldBack: false) == .closeUnanswered)
    }

    /// While the relay holds its client back, seconds.
    private static let holds: [Range<UInt64>] = [0..<0, 21..<42, 30..<75, 55..<63, 60..<95, 130..<240]

    /// Ticks one connection each second, and another like it only when it does not rest.
    private static func compareResting(isUsed: Bool, held: Range<UInt64>) {
        var (ticked, rested) = (Self.pingSchedule(), Self.pingSchedule())
        var (rest, ticks) = (NIODeadline.distantPast, 0)
        for second in 0..<300 as Range<UInt64> {
            let now = Self.at(second)
            let (isWritable, isHeldBack) = (!(90..<110).contains(second), held.contains(second))
            if [15, 50, 66, 120].contains(second), !isHeldBack {
                ticked.heard(at: now)
                rested.heard(at: now)
            }
            if second == held.upperBound || second == 110 {
                ticked.readAgain(at: now)
                rested.readAgain(at: now)
            }
            let action = ticked.tick(now, isUsed: isUsed, isWritable: isWritable, isHeldBack: isHeldBack)
            if rest <= now {
                let same = rested.tick(now, isUsed: isUsed, isWritable: isWritable, isHeldBack: isHeldBack)
                #expect(same == action, "at \(second), held \(held)")
                rest = rested.rest(from: now, isHeldBack: isHeldBack)
                ticks += 1
            } else {
                #expect(action == .nothing, "at \(second), held \(held)")
            }
            guard action == .closeIdle || action == .closeUnanswered else { continue }
            ticked.closing(at: now)
            rested.closing(at: now)
            rest = .distantPast
        }
        if held.isEmpty { #expect(ticks < 250, "\(ticks)") }
    }

    /// How often ticks are needed is what spares a loop from touching all its connections each second.
    @Test("a connection that has nothing to do rests until its ping is due, and what it does is not later for that")
    func rests() {
        for isUsed in [true, false] {
            for held in Self.holds { Self.compareResting(isUsed: isUsed, held: held) }
        }
        var quiet = Self.pingSchedule()
        quiet.heard(at: Self.at(70))
        _ = quiet.tick(Self.at(71), isUsed: true, isWritable: true, isHeldBack: false)
        #expect(quiet.rest(from: Self.at(71), isHeldBack: false) == Self.at(90))
        quiet.closing(at: Self.at(72))
        #expect(quiet.rest(from: Self.at(72), isHeldBack: false) == Self.at(77))
    }

    private static func head(_ change: (inout HTTPRequestHead) -> Void = { _ in }) -> HTTPRequestHead {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: "/ws")
        head.headers = [
            "Connection": "keep-alive, Upgrade", "Upgrade": "WebSocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        ]
        change(&head)
        return head
    }

    @Test("the RFC's own handshake, and the subprotocol only where it was offered")
    func accepted() throws {
        guard case .accept(let headers) = WebSocketHandshake.evaluate(Self.head()) else {
            Issue.record("refused")
            return
        }
        #expect(headers["sec-websocket-accept"] == ["s3pPLMBiTxaQ9kYGzzhZRbK+xOo="])
        #expect(headers["sec-websocket-protocol"] == [])
        let offered = Self.head { $0.headers.add(name: "Sec-WebSocket-Protocol", value: "bearer.x, bearer") }
        guard case .accept(let headers) = WebSocketHandshake.evaluate(offered) else {
            Issue.record("refused")
            return
        }
        #expect(headers["sec-websocket-protocol"] == ["bearer"])
    }

    @Test("bad upgrade requests and how each is refused")
    func refused() {
        let table: [(HTTPRequestHead, UInt)] = [
            (Self.head { $0.version = .http1_0 }, 426),
            (Self.head { $0.headers.remove(name: "Connection") }, 426),
            (Self.head { $0.headers.replaceOrAdd(name: "Connection", value: "close") }, 426),
            (Self.head { $0.headers.replaceOrAdd(name: "Upgrade", value: "h2c") }, 426),
            (Self.head { $0.headers.replaceOrAdd(name: "Sec-WebSocket-Version", value: "8") }, 426),
            (Self.head { $0.headers.add(name: "Sec-WebSocket-Version", value: "13") }, 426),
            (Self.head { $0.headers.remove(name: "Sec-WebSocket-Version") }, 426),
            (Self.head { $0.headers.remove(name: "Sec-WebSocket-Key") }, 400),
            (Self.head { $0.headers.replaceOrAdd(name: "Sec-WebSocket-Key", value: "c2hvcnQ=") }, 400),
            (Self.head { $0.headers.replaceOrAdd(name: "Sec-WebSocket-Key", value: "no base64 at all!!!!!!==") }, 400),
            (Self.head { $0.headers.add(name: "Sec-WebSocket-Key", value: "dGhlIHNhbXBsZSBub25jZQ==") }, 400),
        ]
        for (index, (head, status)) in table.enumerated() {
            guard case .refuse(let reply) = WebSocketHandshake.evaluate(head) else {
                Issue.record("row \(index) was accepted")
                continue
            }
            #expect(reply.status.code == status, "row \(index)")
            #expect((reply.headers["sec-websocket-version"] == ["13"]) == (status == 426), "row \(index)")
        }
    }

    @Test(
        "subprotocols in any order and spacing",
        arguments: [
            (["bearer, bearer.abc"], "abc", "bearer"), (["bearer.abc ,\tbearer"], "abc", "bearer"),
            (["bearer", "bearer.a.b.c"], "a.b.c", "bearer"), (["bearer.abc"], "abc", nil),
            (["bearer."], nil, nil), (["Bearer.abc"], nil, nil), ([",,"], nil, nil), ([], nil, nil),
        ] as [([String], String?, String?)]
    )
    func subprotocols(values: [String], token: String?, selected: String?) {
        var headers = HTTPHeaders()
        for value in values { headers.add(name: "Sec-WebSocket-Protocol", value: value) }
        #expect(WebSocketSubprotocols(headers).bearerToken == token)
        #expect(WebSocketSubprotocols(headers).selected == selected)
    }

    @Test("a quota counts each user for itself, and a refusal counts nothing")
    func quota() {
        let quota = ConnectionQuota(maxPerUser: 2)
        let (a, b) = (UserID("a"), UserID("b"))
        func isFree(_ user: UserID) -> Bool {
            guard let place = quota.enter(user) else { return false }
            _ = consume place
            return true
        }
        do {
            let first = quota.enter(a)
            do {
                let second = quota.enter(a)
                #expect(!isFree(a) && isFree(b))
                #expect(quota.total == 2)
                _ = consume second
            }
            #expect(isFree(a))
            #expect(quota.total == 1)
            _ = consume first
        }
        #expect(quota.total == 0)
        guard case nil = ConnectionQuota(maxPerUser: 0).enter(a) else {
            Issue.record("a place where there is none")
            return
        }
    }
}
