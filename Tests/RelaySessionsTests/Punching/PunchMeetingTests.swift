import NIOCore
import RelayCore
import RelayWire
import SeededRandom
import Testing

@testable import RelaySessions

/// Messages of a topic as peers and the relay write them, one after another.
private struct Talk {
    var messages: [Message] = []

    mutating func say(_ sender: PeerID?, to recipient: PeerID?, _ json: String) {
        self.messages.append(
            Message(
                id: MessageID(milliseconds: 1, sequence: UInt64(self.messages.count + 1)),
                timestamp: moment(0),
                payload: ByteBuffer(string: json),
                metadata: nil,
                expiresAt: nil,
                audience: recipient.map { .one($0.text) } ?? .others,
                sender: sender?.text
            )
        )
    }

    mutating func ask(_ sender: PeerID, _ recipient: PeerID, _ port: Int = 9, more: String = "") {
        let candidates = #"[{"ip":"198.51.100.7","port":\#(port),"candidate_type":"srflx"}]"#
        self.say(sender, to: recipient, #"{"type":"punch_request","candidates":\#(candidates)\#(more)}"#)
    }

    /// What the relay tells when the last message makes two meet.
    mutating func tell(_ meeting: PunchMeeting, sharesPrivate: Bool = false, at seconds: Int64 = 0) {
        var rules = PunchRules()
        rules.sharesPrivate = sharesPrivate
        for draft in meeting.messages(
            in: sid,
            rules,
            at: moment(seconds),
            token: { "token of \($0.from) for \($0.to)" }
        ) {
            guard case .one(let peer) = draft.audience else { continue }
            self.say(nil, to: name(peer), String(buffer: draft.payload))
        }
    }
}

@Suite("Two peers that look for a way to each other")
struct PunchMeetingTests {
    @Test("two meet when both have asked, whichever came first, and by the later request alone")
    func both() throws {
        var talk = Talk()
        talk.ask(host, guest)
        #expect(PunchMeeting(requests: talk.messages) == nil)
        talk.ask(observer, guest)
        #expect(PunchMeeting(requests: talk.messages) == nil)
        talk.ask(guest, host, 7)
        let meeting = try #require(PunchMeeting(requests: talk.messages))
        #expect(meeting.peers == [host, guest] && meeting.attempt == 1)
        #expect(meeting.second.candidates.all.map(\.port) == [7])
        // Nobody else's message makes them meet again, and neither does a repeat.
        talk.ask(newcomer, host)
        #expect(PunchMeeting(requests: talk.messages) == nil)
        talk.ask(guest, host)
        #expect(PunchMeeting(requests: talk.messages) == nil)
    }

    @Test("an attempt after one that was told has the next number, and needs both to ask again")
    func attempts() throws {
        var talk = Talk()
        for attempt in 1...3 {
            talk.ask(guest, host)
            #expect(PunchMeeting(requests: talk.messages) == nil)
            talk.ask(host, guest)
            let meeting = try #require(PunchMeeting(requests: talk.messages))
            #expect(meeting.attempt == attempt)
            talk.tell(meeting)
        }
        // What is not kept any more counts as not said.
        talk.messages.removeFirst()
        talk.ask(host, guest)
        #expect(PunchMeeting(requests: talk.messages) == nil)
    }

    @Test("requests of both at the same time make one meeting, however two relays take turns")
    func once() throws {
        for repeats in 1...4 {
            var talk = Talk()
            var meetings = 0
            for turn in 0..<2 * repeats {
                if turn.isMultiple(of: 2) { talk.ask(host, guest) } else { talk.ask(guest, host) }
                // Whoever stored the message looks at all up to it.
                if PunchMeeting(requests: talk.messages) != nil { meetings += 1 }
            }
            #expect(meetings == repeats)
        }
    }

    @Test("each is told the other's candidates, its own token, one start, and who controls")
    func told() throws {
        var talk = Talk()
        talk.ask(host, guest, 1, more: #","rtt_ms":40,"nat_type":"full_cone""#)
        talk.ask(guest, host, 2, more: #","rtt_ms":90,"nat_type":"symmetric""#)
        let meeting = try #require(PunchMeeting(requests: talk.messages))
        let drafts = meeting.messages(in: sid, PunchRules(), at: moment(0)) {
            "\($0.from)-\($0.to)-\($0.startsAt)-\($0.expiresAt)"
        }
        let start = 1_800_000_000_140 as Int64
        #expect(drafts.map(\.audience) == [.one("host"), .one("guest")])
        let expected = [
            (
                peer: "guest", role: "controlled", token: "host-guest",
                nats: #""full_cone","peer_nat_type":"symmetric""#, port: 2
            ),
            (
                peer: "host", role: "controlling", token: "guest-host",
                nats: #""symmetric","peer_nat_type":"full_cone""#, port: 1
            ),
        ]
        for (draft, expected) in zip(drafts, expected) {
            let text = String(buffer: draft.payload)
            #expect(
                text.hasPrefix(
                    #"{"type":"punch_coord","peer_id":"\#(expected.peer)","attempt":1,"role":"\#(expected.role)","#
                )
            )
            #expect(text.contains(#""token":"\#(expected.token)-\#(start)-\#(start + 10_000)","#), "\(text)")
            #expect(
                text.contains(
                    #""start_ts":1800000000,"start_ts_ms":\#(start),"expires":1800000011,"nat_type":\#(expected.nats)"#
                )
            )
            #expect(
                text.contains(
                    #""advice":"direct","candidates":[{"ip":"198.51.100.7","port":\#(expected.port),"proto":"udp","#
                )
            )
        }
        // Who does not know how far away it is is taken to be half a second away, and nobody more than two.
        var slow = Talk()
        slow.ask(host, guest)
        slow.ask(guest, host, 2, more: #","rtt_ms":100000"#)
        #expect(PunchMeeting(requests: slow.messages)?.start(at: moment(0)) == 1_800_000_002_050)
    }

    @Test("candidates that were told as signals count too, as far as the other saw them")
    func trickled() throws {
        var talk = Talk()
        talk.say(host, to: guest, #"{"type":"punch_request"}"#)
        talk.say(guest, to: host, #"{"type":"punch_request"}"#)
        var meeting = try #require(PunchMeeting(requests: talk.messages))
        var signals = Talk()
        func candidate(_ port: Int) -> String {
            #"{"type":"candidate","candidate":"candidate:1 1 udp 1 198.51.100.1 \#(port) typ srflx"}"#
        }
        signals.say(host, to: nil, candidate(1))
        signals.say(host, to: guest, candidate(2))
        signals.say(host, to: observer, candidate(3))
        signals.say(observer, to: nil, candidate(4))
        signals.say(guest, to: host, #"{"type":"candidate","candidate":""}"#)
        signals.say(guest, to: host, #"{"type":"offer","sdp":"x"}"#)
        meeting.addCandidates(of: signals.messages)
        #expect(meeting.first.candidates.all.map(\.port) == [1, 2])
        #expect(meeting.second.candidates.all.isEmpty)
    }

    @Test("a response to a connection request makes the two meet, once, in either spelling")
    func connections() throws {
        func address(_ type: String, _ port: Int) -> String {
            #"{"type":"\#(type)","public_ip":"198.51.100.9","public_port":\#(port)}"#
        }
        for spelling in ["p2p_connection", "p2_p_connection"] {
            var talk = Talk()
            talk.say(guest, to: nil, address("\(spelling)_response", 1))
            #expect(PunchMeeting(connections: talk.messages) == nil)
            talk.say(host, to: nil, address("\(spelling)_request", 2))
            talk.say(observer, to: newcomer, address("\(spelling)_request", 3))
            talk.say(guest, to: nil, address("\(spelling)_response", 4))
            let meeting = try #require(PunchMeeting(connections: talk.messages))
            #expect(meeting.peers == [host, guest])
            #expect([meeting.first, meeting.second].map { $0.candidates.all.map(\.port) } == [[2], [4]])
            talk.say(guest, to: host, address("\(spelling)_response", 5))
            #expect(PunchMeeting(connections: talk.messages) == nil)
            // That with a description is another message.
            talk.say(host, to: nil, #"{"type":"\#(spelling)_request","sdp":"v=0"}"#)
            talk.say(observer, to: host, #"{"type":"\#(spelling)_response","sdp":"v=0"}"#)
            #expect(PunchMeeting(connections: talk.messages) == nil)
        }
    }

    @Test("what came of an attempt counts once for each peer, and only of one that was told")
    func outcomes() throws {
        var talk = Talk()
        func result(_ attempt: Int, _ more: String = "") -> String {
            #"{"type":"punch_result","attempt":\#(attempt),"reached":true,"duration_ms":70\#(more)}"#
        }
        func outcome() -> PunchOutcome? { PunchOutcome(talk.messages, in: sid, at: 1_800_000_003_000) }
        talk.say(host, to: guest, result(1))
        #expect(outcome() == nil)
        talk.ask(guest, host)
        talk.ask(host, guest, 1, more: #","nat_type":"symmetric""#)
        talk.tell(try #require(PunchMeeting(requests: talk.messages)))
        talk.say(host, to: guest, result(2))
        #expect(outcome() == nil)
        talk.say(observer, to: host, result(1))
        #expect(outcome() == nil)
        talk.say(host, to: guest, result(1))
        let first = try #require(outcome())
        #expect(first.nat == .symmetric && !first.hasNewNAT && first.duration == 70 && first.reporter == host)
        talk.say(host, to: guest, result(1))
        #expect(outcome() == nil)
        let slow =
            #"{"type":"punch_result","attempt":1,"reached":false,"transport":"tcp","reason":"timeout","nat_type":"open"}"#
        talk.say(guest, to: host, slow)
        let second = try #require(outcome())
        #expect(second.hasNewNAT && second.nat == .open && second.result.timedOut && second.result.transport == .tcp)
        #expect(second.duration == 3_000 - 550)
    }

    @Test(
        "advice goes by both NATs",
        arguments: [
            (NATClass.open, NATClass.symmetric, PunchAdvice.direct), (.fullCone, .portRestrictedCone, .direct),
            (.restrictedCone, .portRestrictedCone, .simultaneousOpen), (.symmetric, .portRestrictedCone, .relay),
            (.symmetric, .symmetric, .relay), (.restrictedCone, .symmetric, .simultaneousOpen),
            (.unknown, .open, .adaptive),
        ]
    )
    func advice(first: NATClass, second: NATClass, expected: PunchAdvice) {
        #expect(PunchAdvice(first, second) == expected && PunchAdvice(second, first) == expected)
    }

    @Test("whatever peers say to the relay, nothing traps", arguments: 0..<4 as Range<UInt64>)
    func fuzz(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let texts = [
            #"{"type":"punch_request","candidates":[{"ip":"192.0.2.1","port":9}],"rtt_ms":7,"nat_type":"open"}"#,
            #"{"type":"punch_result","attempt":1,"reached":true,"transport":"tcp","duration_ms":7,"reason":"timeout"}"#,
            #"{"type":"path_report","mode":"turn","reason":"lost","bytes_sent":5,"bytes_received":6,"rtt_ms":7}"#,
            #"{"type":"p2p_connection_response","public_ip":"192.0.2.1","public_port":9,"rtt_ms":7}"#,
            #"{"type":"punch_coord","peer_id":"host","attempt":1,"start_ts_ms":5,"nat_type":"open"}"#,
        ]
        for text in texts {
            // At every length, and changed anywhere.
            for length in 0...text.utf8.count { Self.read(Array(text.utf8.prefix(length))) }
            for _ in 0..<2_000 {
                var bytes = Array(text.utf8)
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
                Self.read(bytes)
            }
        }
    }

    private static func read(_ bytes: [UInt8]) {
        var talk = Talk()
        talk.ask(guest, host)
        talk.say(nil, to: host, String(decoding: bytes, as: UTF8.self))
        talk.say(host, to: guest, String(decoding: bytes, as: UTF8.self))
        _ = PunchMeeting(requests: talk.messages)
        _ = PunchMeeting(connections: talk.messages)
        _ = PunchOutcome(talk.messages, in: sid, at: 0)
        let payload = ByteBuffer(bytes: bytes)
        _ = (try? PunchRequest(payload), try? PunchResult(payload), try? PathReport(payload))
        _ = (ConnectionRequest(payload), PunchTold(payload), PunchCandidate.allows(signal: payload))
    }
}
