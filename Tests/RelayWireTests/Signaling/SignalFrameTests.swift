import NIOCore
import RelayWire
import SeededRandom
import Testing

@Suite("Signaling frame")
struct SignalFrameTests {
    private static func frame(_ json: String) throws(SignalProblem) -> SignalFrame {
        try SignalFrame(json: inset(json.utf8))
    }

    private static func code(_ json: String) -> String? {
        do throws(SignalProblem) {
            _ = try Self.frame(json)
            return nil
        } catch {
            return error.code.rawValue
        }
    }

    @Test("each message of each dialect goes to its topic without its envelope", arguments: SignalSample.all)
    func published(sample: SignalSample) throws {
        let texts = [
            #"{"session_id":"S","peer_id":"a","id":7,"v":3,\#(sample.sent)}"#,
            #"{ \#(sample.sent) , "from_peer_id" : "a", "session_id" : "S", "seq": 4, "cursor": "x", "id" : 7 }"#,
        ]
        for text in texts {
            let frame = try Self.frame(text)
            #expect(frame.session == "S")
            #expect(frame.peer == "a")
            #expect(frame.requestID?.text == "7")
            guard case .publish(let publish) = frame.content else {
                Issue.record("no message for peers")
                continue
            }
            #expect(publish.topic.rawValue == sample.topic)
            #expect(publish.payload.text == sample.stored)
        }
    }

    @Test(
        "both spellings of the connection messages mean the same, and are told apart",
        arguments: ["request", "response"]
    )
    func tagTrap(kind: String) throws {
        let members = #""public_ip":"192.0.2.1","public_port":5"#
        let spellings: [(String, ConnectionSpelling)] = [
            ("p2p_connection_\(kind)", .documented), ("p2_p_connection_\(kind)", .split),
        ]
        for (tag, spelling) in spellings {
            guard case .publish(let publish) = try Self.frame(#"{"type":"\#(tag)",\#(members)}"#).content else {
                Issue.record("no message for peers")
                continue
            }
            #expect(publish.type == "p2p_connection_\(kind)")
            #expect(publish.spelling == spelling)
        }
        #expect(Self.code(#"{"type":"p2__p_connection_\#(kind)",\#(members)}"#) == "unknown_type")
    }

    @Test(
        "a join tells the dialect",
        arguments: [
            (#""peer_id":"a","session_id":"S","join_token":"t""#, SignalDialect.g3),
            (#""peer_id":"a","session_id":"S","join_token":"""#, .g3),
            (#""peer_id":"a","session_id":"S""#, .g3),
            (#""peer_id":"a","session_id":"S","candidates":[],"pubkey":[1]"#, .g1),
            (#""session_id":"S","display_name":"A","token":"t""#, .core),
            (#""session_id":"S""#, .core),
        ]
    )
    func dialects(members: String, dialect: SignalDialect) throws {
        guard case .join(let join) = try Self.frame(#"{"type":"join",\#(members)}"#).content else {
            Issue.record("no join")
            return
        }
        #expect(join.dialect == dialect)
        #expect(join.token == (members.contains(#""t""#) ? "t" : ""))
    }

    @Test("a join has its profile, its candidates, where to go on, and its proof")
    func join() throws {
        let json = #"""
            {"type":"join","session_id":"S","peer_id":"a","join_token":"t","display_name":"A","avatar_url":null,
            "github_login":"g","candidates":[{"ip":"x"},"c"],"resume":"r","join_key":"j",
            "cursors":{"signal":"5f0c1d9e2b7a4c31@5-1","session":"4"},
            "key":"k","nonce":"n","signature":"s"}
            """#
        guard case .join(let join) = try Self.frame(json).content else {
            Issue.record("no join")
            return
        }
        #expect(join.displayName == "A")
        #expect(join.avatarURL == nil)
        #expect(join.githubLogin == "g")
        #expect(join.candidates.map(\.text) == [#"{"ip":"x"}"#, #""c""#])
        #expect(join.resume == "r")
        #expect(join.joinKey == "j")
        #expect(
            join.cursors[.signal]
                == SignalCursor(epoch: 0x5f0c_1d9e_2b7a_4c31, id: MessageID(milliseconds: 5, sequence: 1))
        )
        #expect(join.cursors[.session] == SignalCursor(id: MessageID(milliseconds: 4, sequence: 0)))
        #expect(join.proof == SignalFrame.Proof(key: "k", nonce: "n", signature: "s"))
    }

    @Test("a cursor is an id, with or without the epoch that it is of, and nothing else")
    func cursor() {
        let id = MessageID(milliseconds: 5, sequence: 1)
        #expect(SignalCursor("5-1") == SignalCursor(id: id))
        #expect(SignalCursor("A@5-1") == SignalCursor(epoch: 10, id: id))
        for text in [
            "", "@", "@5-1", "a@", "a@b@5-1", "g@5-1", "+1@5-1", "0@5-1", "00000000000000001@5-1", "5-1@a", "msg_1",
        ] {
            #expect(SignalCursor(text) == nil, "\(text)")
        }
    }

    @Test(
        "what the relay does itself is read",
        arguments: [
            (#"{"type":"leave","session_id":"S","peer_id":"a"}"#, SignalFrame.Content.leave),
            (#"{"type":"ping"}"#, .ping),
            (#"{"type":"pong"}"#, .pong),
            (#"{"type":"kick_user","target_peer_id":"b"}"#, .kick(peer: "b", reason: "")),
            (#"{"type":"kick_user","target_peer_id":"b","reason":"r"}"#, .kick(peer: "b", reason: "r")),
            (#"{"type":"request_lock","element_id":"e"}"#, .requestLock(element: "e")),
            (#"{"type":"release_lock","element_id":"e"}"#, .releaseLock(element: "e", fence: nil)),
            (#"{"type":"release_lock","element_id":"e","fence":9}"#, .releaseLock(element: "e", fence: 9)),
            (
                #"{"type":"request_permission","element_id":"e","permission":"edit"}"#,
                .requestPermission(element: "e", permission: "edit")
            ),
        ]
    )
    func commands(json: String, content: SignalFrame.Content) throws {
        #expect(try Self.frame(json).content == content)
    }

    @Test(
        "what is no message is refused as bad_message",
        arguments: [
            "", "x", "[]", "{}", #"{"type":5}"#, #"{"type":"ping"} x"#, #"{"type":"ping","type":"leave"}"#,
            #"{"type":"ping","id":{}}"#, #"{"type":"ping","id":1.5}"#, #"{"type":"ping","session_id":5}"#,
            #"{"type":"leave","peer_id":"a","from_peer_id":"b"}"#, #"{"type":"leave","peer_id":"a","peer_id":"a"}"#,
            #"{"type":"kick_user"}"#, #"{"type":"chat_message"}"#, #"{"type":"chat_message","message":5}"#,
            #"{"type":"chat_message","message":"a","message":"b"}"#,
            #"{"type":"chat_message","message":"a","to_peer_id":5}"#,
            #"{"type":"request_files","file_paths":["a",1]}"#, #"{"type":"request_files","file_paths":"a"}"#,
            #"{"type":"file_chunk","file_path":"a","offset":-1,"data":[],"is_last":true}"#,
            #"{"type":"file_chunk","file_path":"a","offset":0,"data":[256],"is_last":true}"#,
            #"{"type":"file_chunk","file_path":"a","offset":0,"data":[0],"is_last":1}"#,
            #"{"type":"p2p_connection_request","public_ip":"x","public_port":65536}"#,
            #"{"type":"p2p_connection_request","public_ip":"x","public_port":"1"}"#,
            #"{"type":"binary_proxy_data","sequence":18446744073709551616,"is_git_protocol":true}"#,
            #"{"type":"request_lock","element_id":""}"#, #"{"type":"join","candidates":5}"#,
            #"{"type":"join","cursors":{"x":"1-1"}}"#, #"{"type":"join","cursors":{"signal":"x"}}"#,
            #"{"type":"join","key":"k"}"#,
        ]
    )
    func bad(json: String) {
        #expect(Self.code(json) == "bad_message")
    }

    @Test(
        "what no peer sends is refused as unknown_type",
        arguments: ["joined", "peer_joined", "kicked", "error", "lock_granted", "punch_coord", "x", "", "Chat_message"]
    )
    func unknown(type: String) {
        #expect(Self.code(#"{"type":"\#(type)"}"#) == "unknown_type")
    }

    @Test("a refusal says which message it is about, wherever its id stands")
    func refusedID() {
        do throws(SignalProblem) {
            _ = try Self.frame(#"{"type":"chat_message","message":5,"id":"q\u0031"}"#)
            Issue.record("was taken")
        } catch {
            #expect(error.requestID?.text == #""q\u0031""#)
        }
    }

    @Test("names, members, candidates and ids have bounds")
    func bounds() {
        let long = String(repeating: "x", count: 256)
        #expect(Self.code(#"{"type":"leave","peer_id":"\#(long)"}"#) == "bad_message")
        #expect(Self.code(#"{"type":"leave","peer_id":"\#(long.dropLast())"}"#) == nil)
        #expect(Self.code(#"{"type":"ping","id":"\#(long.dropLast(2))"}"#) == nil)
        #expect(Self.code(#"{"type":"ping","id":"\#(long.dropLast())"}"#) == "bad_message")
        func members(_ count: Int) -> String { (0..<count).map { #","m\#($0)":0"# }.joined() }
        #expect(Self.code(#"{"type":"presence_update"\#(members(64))}"#) == nil)
        #expect(Self.code(#"{"type":"presence_update"\#(members(65))}"#) == "bad_message")
        func candidates(_ count: Int) -> String { (0..<count).map { "\($0)" }.joined(separator: ",") }
        #expect(Self.code(#"{"type":"join","candidates":[\#(candidates(32))]}"#) == nil)
        #expect(Self.code(#"{"type":"join","candidates":[\#(candidates(33))]}"#) == "bad_message")
    }

    @Test("a message is addressed afterwards")
    func addressed() throws {
        let json = #"{"type":"files_chunk","files_json":"[]","chunk_index":0,"total_chunks":1}"#
        guard case .publish(let publish) = try Self.frame(json).content else { return }
        #expect(publish.recipient == nil)
        #expect(publish.answers == "request_files")
        let addressed = publish.addressed(to: "b\"")
        #expect(addressed.recipient == "b\"")
        #expect(addressed.payload.text == json.dropLast() + #","to_peer_id":"b\""}"#)
    }

    @Test(
        "no part of any message, and no message with other bytes in it, stops the reader",
        arguments: SignalSample.all
    )
    func fuzz(sample: SignalSample) {
        let whole = Array(#"{"session_id":"S","peer_id":"a","id":7,\#(sample.sent)}"#.utf8)
        for length in 0..<whole.count {
            #expect(throws: SignalProblem.self) { try SignalFrame(json: inset(whole.prefix(length))) }
        }
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<300 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            guard let frame = try? SignalFrame(json: inset(bytes)), case .publish(let publish) = frame.content else {
                continue
            }
            // What is passed on is JSON, without the envelope.
            var scanner = JSONScanner(publish.payload)
            #expect(throws: Never.self) {
                _ = try scanner.value()
                try scanner.finish()
            }
            #expect(SignalDelivery(payload: publish.payload, sender: "a", timestamp: Timestamp(microseconds: 0)) != nil)
        }
    }
}
