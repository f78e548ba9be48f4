import Foundation
import NIOCore
import NIOHTTP1
import RelayServer
import Testing

/// What its clients rely on, by a WebSocket that says one packet after another.
@Suite("Socket.IO: rooms by events, as Zeal's own clients join them")
struct SocketIOTests {
    /// Shakes hands, and no more.
    private func open(_ relay: TestRelay, token: String? = nil) async throws -> TestWebSocket {
        let socket = try await TestWebSocket(port: relay.port, "/socket.io/?EIO=4&transport=websocket", token: token)
        try #require(await socket.next()?.text.first == "0")
        return socket
    }

    /// Shakes hands, connects and joins the room; the relay's step 1 is next.
    private func join(_ relay: TestRelay, _ room: String, token: String) async throws -> TestWebSocket {
        let socket = try await self.open(relay, token: token)
        socket.send(text: "40")
        try #require(await socket.next()?.text.hasPrefix("40{\"sid\":") == true)
        socket.send(text: "42[\"crdt:join\",\"\(room)\"]")
        try #require(await socket.next()?.text.hasPrefix("42[\"crdt:joined\",{\"roomName\":\"\(room)\"") == true)
        return socket
    }

    private static func message(_ bytes: [UInt8], in room: String) -> String {
        PollingClient.message(bytes, in: room)
    }

    @Test("what Zeal's client says on joining is answered, and the relay asks too", .timeLimit(.minutes(1)))
    func joining() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let client = try await RoomClient(relay, over: .socketIO)
            defer { client.disconnect() }
            try await client.join("zeal")
            client.authenticate(token)
            client.send(DocumentBytes.step1())
            client.send(DocumentBytes.update(DocumentBytes.x))
            client.send([1] + DocumentBytes.awareness(8, clock: 1, "{}").dropFirst(2))
            client.send([3])
            client.send([4] + DocumentBytes.text(#"{"type":"heartbeat","timestamp":1}"#))
            #expect(await client.next() == .binary(DocumentBytes.step1()))
            #expect(await client.next() == .binary(DocumentBytes.step2(DocumentBytes.nothing)))
            var rest: [RoomClient.Message?] = []
            for _ in 0..<3 { rest.append(await client.next()) }
            // The update's echo comes when it is stored: the others may overtake it.
            #expect(rest.contains(.binary(DocumentBytes.update(DocumentBytes.x))))
            #expect(rest.contains(.binary(client.dialect.awareness(8, clock: 1, "null"))), "say it again, higher")
            #expect(rest.contains(.binary(client.dialect.nobody)))
        }
    }

    @Test("a token comes in the CONNECT packet, or is refused there", .timeLimit(.minutes(1)))
    func connecting() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let socket = try await self.open(relay)
            socket.send(text: "40/admin,{}")
            #expect(await socket.next()?.text == #"44/admin,{"message":"Invalid namespace"}"#)
            socket.send(text: #"40{"token":"nonsense"}"#)
            #expect(await socket.next()?.text.hasPrefix(#"44{"message":""#) == true)
            socket.send(text: #"42["crdt:join","c"]"#)
            #expect(await socket.next()?.text.contains("Malformed message") == true, "not connected")
            socket.send(text: #"40{"token":"\#(token)"}"#)
            #expect(await socket.next()?.text.hasPrefix("40{\"sid\":") == true)
            socket.send(text: #"42["crdt:join","c"]"#)
            #expect(await socket.next()?.text.hasPrefix(#"42["crdt:joined""#) == true)
            #expect(await socket.next()?.text == Self.message(DocumentBytes.step1(), in: "c"))
            socket.send(text: "41")
            socket.send(text: Self.message([3], in: "c"))
            #expect(await socket.next()?.text.contains("Malformed message") == true, "not connected any more")
            socket.connection.disconnect()
        }
    }

    @Test(
        "a token that is refused later leaves the client outside, and none in time puts it out",
        .timeLimit(.minutes(1))
    )
    func authentication() async throws {
        try await withRelay {
            $0.signaling.joinPatience = .seconds(2)
        } _: { relay in
            let client = try await RoomClient(relay, over: .socketIO)
            try await client.join("r")
            client.send([3])
            #expect(await client.failure() == "Permission denied")
            client.authenticate("nonsense")
            #expect(await client.failure() == "Permission denied")
            #expect(await client.failure() == "Permission denied", "its time is up")
            #expect(await client.socket.next()?.text == "41")
            #expect(await client.closeCode() == 4401)
            let polling = try await PollingClient(relay)
            #expect(try await polling.post("40").text == "ok")
            #expect(try await polling.next { $0.hasPrefix("42[\"crdt:error\"") } != nil)
            #expect(try await polling.next { $0 == "41" } != nil)
            #expect(try await polling.next { $0 == "1" } != nil)
            #expect(try await polling.ask().object["code"] as? Int == 1)
        }
    }

    @Test("a client may be in several rooms at once, and leaves them one by one", .timeLimit(.minutes(1)))
    func rooms() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let socket = try await self.join(relay, "one", token: token)
            #expect(await socket.next()?.text == Self.message(DocumentBytes.step1(), in: "one"))
            socket.send(text: #"42["crdt:join","two"]"#)
            #expect(await socket.next()?.text.contains("\"two\"") == true)
            #expect(await socket.next()?.text == Self.message(DocumentBytes.step1(), in: "two"))
            for room in ["one", "two"] {
                socket.send(text: Self.message([3], in: room))
                #expect(await socket.next()?.text == Self.message([1, 0], in: room))
            }
            socket.send(text: #"42["crdt:leave","one"]"#)
            socket.send(text: Self.message([3], in: "one"))
            #expect(await socket.next()?.text.contains("Not joined") == true)
            socket.send(text: Self.message([3], in: "two"))
            #expect(await socket.next()?.text == Self.message([1, 0], in: "two"))
            socket.connection.disconnect()
        }
    }

    @Test("an event is acknowledged to who asks for it", .timeLimit(.minutes(1)))
    func acknowledgements() async throws {
        try await withRelay { relay in
            let socket = try await self.open(relay, token: try await relay.administratorToken)
            socket.send(text: "40")
            _ = await socket.next()
            socket.send(text: #"4217["crdt:join","a"]"#)
            #expect(await socket.next()?.text == "4317[]")
            #expect(await socket.next()?.text.hasPrefix(#"42["crdt:joined""#) == true)
            socket.send(text: #"420["something else"]"#)
            #expect(await socket.next()?.text == Self.message(DocumentBytes.step1(), in: "a"))
            #expect(await socket.next()?.text == "430[]")
            socket.connection.disconnect()
        }
    }

    @Test("bytes come as attachments to who sends them so, and as lists to others", .timeLimit(.minutes(1)))
    func attachments() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let lists = try await self.join(relay, "b", token: token)
            let binary = try await self.join(relay, "b", token: token)
            for socket in [lists, binary] {
                #expect(await socket.next()?.text == Self.message(DocumentBytes.step1(), in: "b"))
            }
            func send(_ bytes: [UInt8]) {
                binary.send(text: #"451-["crdt:message","b",{"_placeholder":true,"num":0}]"#)
                binary.send(0x82, ByteBuffer(bytes: bytes))
            }
            func received() async -> [UInt8]? {
                #expect(await binary.next()?.text == #"451-["crdt:message","b",{"_placeholder":true,"num":0}]"#)
                guard let frame = await binary.next(), frame.opcode == 2 else { return nil }
                return Array(frame.payload.readableBytesView)
            }
            lists.send(text: Self.message(DocumentBytes.step1(), in: "b"))
            #expect(await lists.next()?.text == Self.message(DocumentBytes.step2(DocumentBytes.nothing), in: "b"))
            send(DocumentBytes.step1())
            #expect(await received() == DocumentBytes.step2(DocumentBytes.nothing))
            send(DocumentBytes.update(DocumentBytes.x))
            #expect(await received() == DocumentBytes.update(DocumentBytes.x))
            #expect(await lists.next()?.text == Self.message(DocumentBytes.update(DocumentBytes.x), in: "b"))
            // Something else in the place of the bytes.
            binary.send(text: #"451-["crdt:message","b",{"_placeholder":true,"num":0}]"#)
            binary.send(text: Self.message([3], in: "b"))
            #expect(await binary.next()?.text.contains("Malformed message") == true)
            binary.send(0x82, ByteBuffer(bytes: [3]))
            #expect(await binary.next()?.text.contains("Malformed message") == true)
            for socket in [lists, binary] { socket.connection.disconnect() }
        }
    }

    @Test(
        "a packet that can't be read is an error, and too many of them the end",
        .timeLimit(.minutes(1)),
        arguments: [
            "4", "49", "42", "42{}", "42[]", "42[1]", #"42["crdt:join"]"#, #"42["crdt:join",1]"#,
            #"42["crdt:join",""]"#,
            #"42["crdt:message","h"]"#, #"42["crdt:message","h","text"]"#, #"42["crdt:message","h",[256]]"#,
            #"42["crdt:message","h",[-1]]"#, #"42["crdt:message","h",[0.5]]"#, #"42["crdt:message","h",[0,2,9]]"#,
            #"42["crdt:message","h",{"_placeholder":true,"num":0}]"#, #"42/other,["crdt:join","h"]"#,
            #"452-["crdt:message","h",{}]"#, #"451-["crdt:join","h"]"#, "42[" + String(repeating: "[", count: 2_000),
        ]
    )
    func hostile(_ text: String) async throws {
        try await withRelay { relay in
            let socket = try await self.join(relay, "h", token: try await relay.administratorToken)
            #expect(await socket.next()?.text == Self.message(DocumentBytes.step1(), in: "h"))
            for _ in 0..<17 {
                socket.send(text: text)
                let answer = await socket.next()?.text
                let expected =
                    #"{"error":"Malformed message","message":"Malformed message","type":"MALFORMED_MESSAGE"}"#
                #expect(answer == "42[\"crdt:error\",\(expected)]")
            }
            #expect(await socket.next()?.closeCode == 1008)
        }
    }

    @Test(
        "what is no packet of Engine.IO ends the session",
        .timeLimit(.minutes(1)),
        arguments: ["", "x", "0{}", "5", "7"]
    )
    func malformed(_ text: String) async throws {
        try await withRelay { relay in
            let socket = try await self.open(relay, token: try await relay.administratorToken)
            socket.send(text: text)
            #expect(await socket.untilClosed().last?.closeCode == 1002)
        }
    }

    @Test("a message is as long as it may be, and a stranger's shorter", .timeLimit(.minutes(1)))
    func bounds() async throws {
        try await withRelay {
            $0.documents.maxMessageBytes = 100_000
        } _: { relay in
            let token = try await relay.administratorToken
            let socket = try await self.join(relay, "l", token: token)
            _ = await socket.next()
            let long = String(repeating: "1", count: 100_000)
            socket.send(text: "4" + long)
            #expect(await socket.next()?.text.contains("Message too large") == true)
            #expect(await socket.next()?.closeCode == 1009)
            let client = try await PollingClient(relay, token: token)
            #expect(try await client.post("4" + long).status == 413)
            let stranger = try await self.open(relay)
            stranger.send(text: "4" + long.prefix(40_000))
            #expect(await stranger.untilClosed().last?.closeCode == 4401)
            let polling = try await PollingClient(relay)
            #expect(try await polling.post("4" + long.prefix(40_000)).status == 413)
            #expect(try await polling.post("4" + long.prefix(30_000)).text == "ok")
            _ = try await polling.post("4" + long.prefix(30_000))
            #expect(try await polling.next { _ in false } == nil, "put out")
        }
    }

    @Test("clients of both dialects are one room", .timeLimit(.minutes(1)))
    func dialects() async throws {
        try await withTwoRelays { first, second in
            let token = try await first.administratorToken
            let native = try await RoomClient(first, token: token)
            let event = try await RoomClient(second, token: token, over: .socketIO)
            defer { for client in [native, event] { client.disconnect() } }
            for client in [native, event] {
                try await client.join("both")
                #expect(await client.next() == .binary(DocumentBytes.step1()))
                client.send(DocumentBytes.step1())
                #expect(await client.next() == .binary(DocumentBytes.step2(DocumentBytes.nothing)))
            }
            let custom = [4] + DocumentBytes.text(#"{"type":"cursor"}"#)
            native.send(custom)
            #expect(await event.next() == .binary(custom))
            event.send(custom)
            #expect(await native.next() == .binary(custom))
            event.send(DocumentBytes.update(DocumentBytes.x))
            #expect(await event.next() == .binary(DocumentBytes.update(DocumentBytes.x)))
            #expect(await native.next() == .binary(DocumentBytes.update(DocumentBytes.x)))
        }
    }
}
