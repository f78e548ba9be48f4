import Foundation
import NIOHTTP1
import RelayDocuments
import Testing

@testable import RelayServer

@Suite("Documents over REST", .timeLimit(.minutes(2)))
struct DocumentRouteTests {
    private typealias Path = DocumentRequests

    @Test("A document is made, written to, read, and deleted")
    func life() async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            let name = "notes%2Fv1.2"
            let made = try await documents.send(.PUT, name, "", [])
            #expect(made.status == 200)
            #expect(made.object["name"] as? String == "notes/v1.2")
            #expect(made.object["topic_name"] as? String == "document/notes_2fv1_2e2")
            #expect(made.object["cursor"] as? String == "0-0")
            #expect(try await documents.get(name, "/update").bytes == DocumentBytes.nothing)

            let first = try await documents.send(.PUT, name, "", DocumentBytes.x)
            #expect(first.status == 201)
            #expect(first.object["durability"] is String)
            let second = try await documents.send(.POST, name, "/updates", DocumentBytes.y)
            #expect(second.status == 201)
            for (method, rest) in [(HTTPMethod.PUT, ""), (.POST, "/updates")] {
                let again = try await documents.send(method, name, rest, DocumentBytes.x)
                #expect(again.status == 200, "nothing is new")
                #expect(again.object["cursor"] as? String == second.object["cursor"] as? String)
            }

            let shown = try await documents.get(name)
            #expect(shown.status == 200)
            #expect(shown.object["name"] as? String == "notes/v1.2")
            #expect(shown.object["is_public"] as? Bool == false)
            #expect(shown.object["anonymous"] as? String == "none")
            #expect(shown.object["updates"] as? Int == 2)
            #expect(shown.object["cursor"] as? String == second.object["cursor"] as? String)
            #expect(try await Self.state(documents.get(name, "/update")).encoded() == DocumentBytes.both)
            #expect(
                try await documents.get(name, "/update").header("x-document-cursor") == shown.object["cursor"]
                    as? String
            )
            let vector = try await documents.get(name, "/state-vector")
            #expect(vector.header("content-type") == "application/octet-stream")
            #expect(vector.bytes == DocumentBytes.both)

            #expect(try await documents.send(.DELETE, name, "", []).status == 204)
            for rest in ["", "/update", "/state-vector", "/history", "/content"] {
                #expect(try await documents.get(name, rest).status == 404, "\(rest)")
            }
        }
    }

    private static func state(_ reply: TestReply) throws -> StateVector { try Update(reply.bytes).stateVector }

    @Test("Who says what it has gets what it lacks, in either alphabet of base64")
    func difference() async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            try await documents.write("d", DocumentBytes.x)
            try await documents.write("d", DocumentBytes.y)
            let knowsX = Data([1, 8, 1]).base64EncodedString()
            #expect(try await documents.get("d", "/update?state_vector=\(knowsX)").bytes == DocumentBytes.y)
            let all = Data(DocumentBytes.both).base64EncodedString()
            #expect(try await documents.get("d", "/update?state_vector=\(all)").bytes == DocumentBytes.nothing)
            // Of client 1015807 with clock 62, which has all of base64's last characters; it is nobody.
            let odd: [UInt8] = [1, 0xFF, 0xFF, 0x3D, 0x3E]
            let text = Data(odd).base64EncodedString()
            #expect(text.contains("/"))
            let forms = [
                text, text.replacing("/", with: "_").replacing("+", with: "-").replacing("=", with: ""),
                text.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "",
            ]
            for form in forms {
                let reply = try await documents.get("d", "/update?state_vector=\(form)")
                #expect(try Self.state(reply).encoded() == DocumentBytes.both, "\(form)")
            }
            for bad in ["!", "AQ", "AQgBAA==", "%00", "AAAAA"] {
                let reply = try await documents.get("d", "/update?state_vector=\(bad)")
                #expect(reply.status == 400, "\(bad)")
                #expect(reply.detail == "state_vector is no state vector in base64")
            }
        }
    }

    @Test("A list has a caller's own documents and those granted, page by page, and nothing else")
    func list() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let owner = try await relay.makeUser("olga", by: admin)
            let other = try await relay.makeUser("otto", by: admin)
            let documents = DocumentRequests(relay, owner.token)
            for name in ["b", "a%2Fb", "%C3%A9"] { _ = try await documents.send(.PUT, name, "", []) }
            _ = try await DocumentRequests(relay, other.token).send(.PUT, "foreign", "", [])
            for topic in ["aaa", "zzz"] { try await relay.publish(topic, token: owner.token) }

            var names: [String] = []
            var cursor: String? = ""
            while let after = cursor {
                let page = try await relay.send(.GET, "/api/v1/documents?limit=2&cursor=\(after)", token: owner.token)
                #expect(page.status == 200)
                #expect(page.list.count <= 2)
                names += page.list.compactMap { $0["name"] as? String }
                cursor = page.header("x-next-cursor")?.addingPercentEncoding(withAllowedCharacters: .alphanumerics)
            }
            #expect(Set(names) == ["b", "a/b", "é"])
            #expect(names.count == 3)

            let granted = try await relay.send(
                .POST,
                "/api/v1/topics/document%2Fb/permissions",
                token: owner.token,
                json: ["user_id": other.id]
            )
            #expect(granted.status == 201)
            let seen = try await relay.send(.GET, "/api/v1/documents", token: other.token)
            #expect(Set(seen.list.compactMap { $0["name"] as? String }) == ["b", "foreign"])
            #expect(try await relay.send(.GET, "/api/v1/documents?cursor=aaa", token: owner.token).status == 422)
            #expect(try await relay.send(.GET, "/api/v1/documents?limit=0", token: owner.token).status == 422)
        }
    }

    // MARK: Names

    @Test("Escapes are decoded once: names that differ are different documents")
    func names() async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            let names = [
                "plain": "plain", "a%2Fb": "a/b", "a%252Fb": "a%2Fb", "..": "..", "%2e%2e%2Fetc": "../etc",
                "a%20b": "a b",
                "a+b": "a+b", "%F0%9F%98%80": "😀", "__proto__": "__proto__", "a%3Fb%23c": "a?b#c",
                "awareness": "awareness",
                "x%2Fawareness": "x/awareness", "%C3%A9": "é", "e%CC%81": "e\u{301}",
            ]
            for (number, sent) in names.keys.sorted().enumerated() {
                let reply = try await Self.raw(relay, "PUT", Path.path(sent), documents.token, [])
                #expect(reply?.status == 200, "\(sent)")
                let shown = try await Self.raw(relay, "GET", Path.path(sent), documents.token)
                #expect((shown?.object["name"] as? String).map { Array($0.utf8) } == names[sent].map { Array($0.utf8) })
                let list = try await relay.send(.GET, "/api/v1/documents", token: documents.token).list
                #expect(list.count == number + 1, "\(sent) is another")
            }
        }
    }

    @Test("What is no name is refused, of every route")
    func badNames() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let long = String(repeating: "a", count: 240)
            for name in ["%00", "a%0Ab", "%7F", "%C2%85", "%FF", "%C3%28", "%", "%4", "%zz", long, "%E2%82"] {
                for (method, rest, body) in Self.routes {
                    let reply = try await Self.raw(relay, method.rawValue, Path.path(name, rest), token, body)
                    #expect(reply?.status == 400, "\(method) \(name)\(rest)")
                    #expect(reply?.detail == "This is no name of a document", "\(method) \(name)\(rest)")
                }
            }
            // A slash that is not escaped makes another path.
            #expect(try await Self.raw(relay, "GET", "/api/v1/documents/a/b", token)?.status == 404)
            #expect(try await relay.send(.GET, "/api/v1/documents", token: token).list.isEmpty)
        }
    }

    private static let routes: [(HTTPMethod, String, [UInt8]?)] = [
        (.GET, "", nil), (.PUT, "", DocumentBytes.x), (.DELETE, "", nil), (.GET, "/update", nil),
        (.GET, "/state-vector", nil), (.POST, "/updates", DocumentBytes.x), (.GET, "/history", nil),
        (.GET, "/content", nil), (.POST, "/restore", Array(#"{"cursor":"1-0"}"#.utf8)),
    ]

    /// A target as it is, which a client's library might mend.
    private static func raw(
        _ relay: TestRelay,
        _ method: String,
        _ target: String,
        _ token: String?,
        _ body: [UInt8]? = nil
    ) async throws -> TestReply? {
        let connection = try await RawConnection.open(relay.port)
        defer { connection.disconnect() }
        connection.request(method, target, token: token, body: body.map { String(decoding: $0, as: UTF8.self) })
        return await connection.reply()
    }

    // MARK: Access

    private struct Row {
        let caller: String
        let read: Int
        let write: Int
        let manage: Int
    }

    @Test("Who may do what holds on every route")
    func access() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let owner = try await relay.makeUser("owner", by: admin)
            let granted = try await relay.makeUser("granted", by: admin)
            let stranger = try await relay.makeUser("stranger", by: admin)
            let reader = try await relay.makeUser("reader", permissions: ["read"], by: admin)
            let writer = try await relay.makeUser("writer", permissions: ["write"], by: admin)
            let people = [
                "admin": admin, "owner": owner.token, "granted": granted.token, "stranger": stranger.token,
                "reader": reader.token, "writer": writer.token,
            ]
            // The reader and the writer are granted the document, too, but lack a permission.
            let rows = [
                "private": [
                    Row(caller: "stranger", read: 403, write: 403, manage: 403),
                    Row(caller: "reader", read: 200, write: 403, manage: 403),
                    Row(caller: "writer", read: 403, write: 201, manage: 403),
                    Row(caller: "granted", read: 200, write: 201, manage: 403),
                    Row(caller: "admin", read: 200, write: 201, manage: 204),
                    Row(caller: "owner", read: 200, write: 201, manage: 204),
                ],
                "public": [
                    Row(caller: "stranger", read: 200, write: 403, manage: 403),
                    Row(caller: "granted", read: 200, write: 201, manage: 403),
                    Row(caller: "owner", read: 200, write: 201, manage: 204),
                ],
            ]
            for (kind, rows) in rows {
                for (number, row) in rows.enumerated() {
                    let name = "\(kind)-\(row.caller)"
                    let own = DocumentRequests(relay, owner.token)
                    let cursor = try await own.write(name, YjsUpdates.text)
                    try await own.write(name, DocumentBytes.x)
                    let topic = "/api/v1/topics/document%2F\(name)"
                    _ = try await relay.send(.PUT, topic, token: owner.token, json: ["is_public": kind == "public"])
                    for user in [granted, reader, writer] {
                        let grant = ["user_id": user.id]
                        _ = try await relay.send(.POST, "\(topic)/permissions", token: owner.token, json: grant)
                    }
                    let caller = DocumentRequests(relay, try #require(people[row.caller]))
                    for rest in [
                        "/update", "/state-vector", "/history", "/content", "/content?root=t",
                        "/update?cursor=\(cursor)",
                    ] {
                        let reply = try await caller.get(name, rest)
                        #expect(reply.status == row.read, "\(row.caller) \(kind) \(rest): \(reply)")
                    }
                    let letter = DocumentClient.letter(0, of: UInt8(50 + number))
                    let other = DocumentClient.letter(0, of: UInt8(70 + number))
                    #expect(
                        try await caller.send(.POST, name, "/updates", letter).status == row.write,
                        "\(row.caller) \(kind)"
                    )
                    #expect(try await caller.send(.PUT, name, "", other).status == row.write, "\(row.caller) \(kind)")
                    #expect(try await caller.restore(name, cursor).status == row.write, "\(row.caller) \(kind)")
                    if row.write == 403 {
                        // Whether it is an update, or there is anything new, is nobody's business who may not write.
                        for body in [[], [9, 9], DocumentBytes.x] as [[UInt8]] {
                            for (method, rest) in [(HTTPMethod.PUT, ""), (.POST, "/updates")] {
                                let reply = try await caller.send(method, name, rest, body)
                                #expect(reply.status == 403, "\(row.caller) \(kind) \(method) \(body)")
                            }
                        }
                        #expect(try await own.get(name).object["updates"] as? Int == 2, "nothing was written")
                    }
                    #expect(try await caller.send(.DELETE, name, "", []).status == row.manage, "\(row.caller) \(kind)")
                }
            }
        }
    }

    @Test("Documents that there are not are 404 to all, and are made by PUT alone")
    func missing() async throws {
        try await withRelay { relay in
            let admin = try await relay.administratorToken
            let user = DocumentRequests(relay, try await relay.makeUser("uma", by: admin).token)
            let reader = try await relay.makeUser("reader", permissions: ["read"], by: admin)
            for caller in [user, DocumentRequests(relay, admin)] {
                for (method, rest, body) in Self.routes where method != .PUT {
                    let reply = try await caller.send(method, "none", rest, body ?? [])
                    #expect(reply.status == 404, "\(method) \(rest): \(reply)")
                    #expect(reply.detail == "No such document", "\(method) \(rest)")
                }
            }
            #expect(try await DocumentRequests(relay, reader.token).send(.PUT, "none", "", []).status == 403)
            #expect(try await user.get("none").status == 404, "still")
            #expect(try await user.send(.PUT, "none", "", []).status == 200)
        }
    }

    @Test("Without a token the answer is the same for what is there, what is not, and what can't be")
    func strangers() async throws {
        try await withRelay { relay in
            try await DocumentRequests(relay, try await relay.administratorToken).write("there", DocumentBytes.x)
            for (method, rest, body) in Self.routes {
                var answers: Set<String> = []
                for name in ["there", "none", "%00"] {
                    let reply = try await Self.raw(relay, method.rawValue, Path.path(name, rest), nil, body)
                    #expect(reply?.status == 401, "\(method) \(name)\(rest)")
                    answers.insert(reply?.text ?? "")
                }
                #expect(answers.count == 1, "\(method) \(rest)")
            }
            #expect(try await relay.send(.GET, "/api/v1/documents").status == 401)
        }
    }
}
