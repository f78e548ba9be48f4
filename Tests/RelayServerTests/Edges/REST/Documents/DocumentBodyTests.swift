import Foundation
import NIOHTTP1
import RelayCore
import RelayDocuments
import RelayEditing
import Testing

@testable import RelayServer

@Suite("Bodies of requests about documents", .timeLimit(.minutes(2)))
struct DocumentBodyTests {
    @Test("What is no update is refused, and changes nothing")
    func malformed() async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            let cursor = try await documents.write("d", DocumentBytes.x)
            let cut = (0..<YjsUpdates.map.count).map { Array(YjsUpdates.map.prefix($0)) }
            let bad =
                cut.filter { !$0.isEmpty } + [
                    YjsUpdates.map + [0], Array("{}".utf8), [0xFF, 0xFF, 0xFF, 0xFF, 0x0F],
                    DocumentBytes.update(DocumentBytes.y),
                ]
            for (method, rest) in [(HTTPMethod.PUT, ""), (.POST, "/updates")] {
                for body in bad {
                    let reply = try await documents.send(method, "d", rest, body)
                    #expect(reply.status == 422, "\(method) \(body)")
                    #expect(reply.detail?.hasPrefix("The body is no update of Yjs, version 1") == true, "\(body)")
                }
            }
            #expect(try await documents.send(.POST, "d", "/updates", []).status == 422, "no body is no update")
            #expect(try await documents.get("d").object["cursor"] as? String == cursor)
            #expect(try await documents.get("d", "/update").bytes == DocumentBytes.x)
            // A bad body makes no document either.
            #expect(try await documents.send(.PUT, "new", "", [9]).status == 422)
            #expect(try await documents.get("new", "/update").status == 404)
        }
    }

    @Test("Types that Yjs can't read are refused", arguments: [7, 9, 15] as [UInt8])
    func foreignTypes(type: UInt8) async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            try await documents.write("d", DocumentBytes.x)
            let link: [UInt8] = type == 7 ? [0, 1, 0] : []
            let update = [1, 1, 1, 0, 7, 1, 1, 0x74, type] + link + [0]
            for (method, rest) in [(HTTPMethod.PUT, ""), (.POST, "/updates")] {
                let reply = try await documents.send(method, "d", rest, update)
                #expect(reply.status == 422 && reply.detail?.contains("unknownType(\(type))") == true, "\(reply)")
            }
            let message: [String: Any] = [
                "topic": "document/d", "payload": Data(update).base64EncodedString(), "encoding": "base64",
            ]
            let token = documents.token
            #expect(try await relay.send(.POST, "/api/v1/messages", token: token, json: message).status == 422)
            #expect(try await documents.get("d").object["updates"] as? Int == 1)
        }
    }

    @Test("Nobody has a place in a document before the body is there", arguments: [("PUT", ""), ("POST", "/updates")])
    func slowBody(method: String, rest: String) async throws {
        try await withRelay {
            $0.documents.maxConnections = 1
        } _: { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            try await documents.write("d", DocumentBytes.x)
            let slow = try await RawConnection.open(relay.port)
            defer { slow.disconnect() }
            let lines = [
                "\(method) \(DocumentRequests.path("d", rest)) HTTP/1.1", "Host: localhost",
                "Authorization: Bearer \(documents.token)", "Content-Length: 100", "", "x",
            ]
            slow.send(lines.joined(separator: "\r\n"))
            for _ in 0..<20 {
                #expect(try await documents.get("d", "/update").status == 200)
                try await Task.sleep(for: .milliseconds(5))
            }
        }
    }

    @Test("A document that another relay has made anew a moment ago has what is put, all of it")
    func madeAnew() async throws {
        let store = WatchedStore()
        try await withRelay(over: store) { relay, parts in
            let keeper = Task { await DocumentKeeper(parts.documents).run() }
            defer { keeper.cancel() }
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            let half = Self.text(5_000, of: 1)
            let whole = Self.text(5_010, of: 1)
            // Nothing of it would be new, and a part.
            for (number, (first, second)) in [(half, half), (half, whole), ([], [])].enumerated() {
                let name = "d\(number)"
                _ = try await documents.send(.PUT, name, "", first)
                #expect(try await documents.get(name, "/update").status == 200)
                let key = TopicKey(name: try #require(DocumentName(name)).topicName)
                let record = try #require(try await store.topic(key)).record
                _ = try await store.deleteTopic(key)
                let another = TopicRecord(
                    id: "another",
                    key: key,
                    kind: record.kind,
                    owner: record.owner,
                    createdAt: record.createdAt,
                    isPublic: false,
                    description: nil
                )
                guard case .created = try await store.createTopic(another, within: .unlimited) else {
                    Issue.record("the topic was there")
                    return
                }
                let reply = try await documents.send(.PUT, name, "", second)
                #expect(reply.status == (second.isEmpty ? 200 : 201), "\(number): \(reply)")
                let update = try await documents.get(name, "/update").bytes
                #expect(update == (second.isEmpty ? [0, 0] : second), "\(number)")
            }
        }
    }

    @Test("Bodies of a restoration that break rules are answered by the table")
    func restorations() async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            try await documents.write("d", DocumentBytes.x)
            let cases: [(String, [String]?)] = [
                ("", nil), ("{", nil), ("[]", nil), ("{}", ["body.cursor"]), (#"{"cursor":null}"#, ["body.cursor"]),
                (#"{"cursor":1}"#, ["body.cursor"]), (#"{"cursor":"yesterday"}"#, ["body.cursor"]),
                (#"{"cursor":""}"#, ["body.cursor"]), (#"{"cursor":"1-"}"#, ["body.cursor"]),
            ]
            for (body, issues) in cases {
                let reply = try await documents.send(.POST, "d", "/restore", Array(body.utf8))
                #expect(reply.status == 422, "\(body): \(reply)")
                if let issues { #expect(reply.issues == issues, "\(body)") }
            }
            #expect(try await documents.get("d").object["updates"] as? Int == 1)
        }
    }

    /// A text of so many characters, of a client of its own.
    private static func text(_ count: Int, of client: UInt8) -> [UInt8] {
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: count)
        return [1, 1, client, 0, 4, 1, 1, 0x74] + DocumentBytes.block(text) + [0]
    }

    @Test("An update may be as long as a message of those who edit, and no longer")
    func oversize() async throws {
        try await withRelay {
            $0.server.maxBodyBytes = 10_000
            $0.documents.maxMessageBytes = 50_000
        } _: { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            try await documents.write("d", Self.text(40_000, of: 1))
            for (method, rest) in [(HTTPMethod.PUT, ""), (.POST, "/updates")] {
                let update = Self.text(50_001, of: 2)
                #expect(try await documents.send(method, "d", rest, update).status == 413)
                let connection = try await RawConnection.open(relay.port)
                let path = DocumentRequests.path("d", rest)
                let lines = [
                    "\(method) \(path) HTTP/1.1", "Host: localhost", "Authorization: Bearer \(documents.token)",
                    "Transfer-Encoding: chunked", "", "C800", "",
                ]
                connection.send(
                    lines.joined(separator: "\r\n") + String(repeating: "x", count: 0xC800) + "\r\n0\r\n\r\n"
                )
                #expect(await connection.reply()?.status == 413, "in chunks, and without its length")
                connection.disconnect()
            }
            // Other bodies keep to their own bound.
            let restore = #"{"cursor":"1-0","more":"\#(String(repeating: "x", count: 10_000))"}"#
            #expect(try await documents.send(.POST, "d", "/restore", Array(restore.utf8)).status == 413)
            #expect(try await documents.get("d").object["updates"] as? Int == 1)
        }
    }

    @Test("A document that is full takes deletions alone, and no restoration that adds to it")
    func full() async throws {
        try await withRelay {
            $0.documents.maxBytes = YjsUpdates.text.count + YjsUpdates.textGone.count
        } _: { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            let cursor = try await documents.write("d", YjsUpdates.text)
            #expect(try await documents.send(.POST, "d", "/updates", YjsUpdates.textGone).status == 201)
            for (method, rest) in [(HTTPMethod.PUT, ""), (.POST, "/updates")] {
                let reply = try await documents.send(method, "d", rest, DocumentBytes.x)
                #expect(reply.status == 413)
                #expect(reply.detail == "The document is as large as it may be")
            }
            #expect(try await documents.restore("d", cursor).status == 413)
            #expect(try await documents.get("d").object["updates"] as? Int == 2)
        }
    }

    @Test("Where there is no memory to look into a document, it is read as an update all the same")
    func noMemory() async throws {
        try await withRelay {
            $0.memory.maxDocumentBytes = 14_000
        } _: { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            var cursors: [String] = []
            for client in 1...30 {
                cursors.append(try await documents.write("d", DocumentClient.letter(0, of: UInt8(client))))
            }
            for rest in ["/content", "/content?root=t", "/content?cursor=\(cursors[29])"] {
                let reply = try await documents.get("d", rest)
                #expect(reply.status == 503, "\(rest): \(reply)")
                #expect(reply.header("retry-after") != nil)
            }
            #expect(try await documents.restore("d", cursors[0]).status == 503)
            #expect(try await documents.get("d", "/update").status == 200)
        }
    }
}
