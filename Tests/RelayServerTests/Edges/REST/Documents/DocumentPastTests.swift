import Foundation
import NIOHTTP1
import RelayDocuments
import Testing

@testable import RelayServer

@Suite("What documents say, said, and say again", .timeLimit(.minutes(2)))
struct DocumentPastTests {
    // MARK: Content

    @Test("Texts are told as text, lists and maps as JSON, and elements as XML")
    func content() async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            _ = try await documents.send(.PUT, "d", "", [])
            let empty = try await documents.get("d", "/content")
            #expect(empty.text == #"{"roots":[],"has_more":false}"#)
            let updates = [YjsUpdates.text, YjsUpdates.map, YjsUpdates.array, YjsUpdates.element, YjsUpdates.attribute]
            var cursor = ""
            for update in updates { cursor = try await documents.write("d", update) }

            let roots = try await documents.get("d", "/content")
            #expect(roots.header("x-document-cursor") == cursor)
            let kinds = [("a", "array"), ("m", "map"), ("t", "text"), ("x", "xml")]
            let list = kinds.map { #"{"name":"\#($0.0)","kind":"\#($0.1)"}"# }.joined(separator: ",")
            #expect(roots.text == #"{"roots":[\#(list)],"has_more":false}"#)

            let array = #"[null,true,-5,0.5,"hi",{"p":[1]}]"#
            let cases: [(String, String, String)] = [
                ("root=t", "text/plain; charset=utf-8", "a😀b"), ("root=t&as=text", "text/plain; charset=utf-8", "a😀b"),
                ("root=t&as=json", "application/json", #""a😀b""#), ("root=m", "application/json", #"{"k":1}"#),
                ("root=a&as=json", "application/json", array),
                ("root=x", "text/plain; charset=utf-8", #"<p id="7"></p>"#),
                ("root=x&as=xml", "text/plain; charset=utf-8", #"<p id="7"></p>"#),
                ("as=json", "application/json", #"{"a":\#(array),"m":{"k":1},"t":"a😀b","x":"<p id=\"7\"></p>"}"#),
            ]
            for (query, type, body) in cases {
                let reply = try await documents.get("d", "/content?\(query)")
                #expect(reply.status == 200, "\(query)")
                #expect(reply.header("content-type") == type, "\(query)")
                #expect(reply.text == body, "\(query)")
                #expect(reply.header("x-document-cursor") == cursor)
            }
            #expect(try await documents.get("d", "/content?root=x").header("x-content-type-options") == "nosniff")
        }
    }

    @Test("What a document has not, or has in another form, is refused by name")
    func contentRefused() async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            for update in [YjsUpdates.text, YjsUpdates.map, YjsUpdates.element] {
                try await documents.write("d", update)
            }
            let cases: [(String, Int, String?)] = [
                ("root=nothing", 404, "The document has nothing of this name"),
                ("root=", 404, "The document has nothing of this name"),
                ("root=m&as=text", 409, "This is no text"), ("root=x&as=text", 409, "This is no text"),
                ("root=t&as=xml", 409, "This is no XML"), ("root=m&as=xml", 409, "This is no XML"),
                ("root=t&as=html", 422, nil), ("as=text", 422, nil), ("as=xml", 422, nil), ("as=", 422, nil),
                ("root=t&cursor=x", 400, "cursor is no cursor of a document"),
            ]
            for (query, status, detail) in cases {
                let reply = try await documents.get("d", "/content?\(query)")
                #expect(reply.status == status, "\(query): \(reply)")
                #expect(reply.detail == detail, "\(query)")
            }
            #expect(try await documents.get("d", "/content?as=text").issues == ["query.root"])
            #expect(try await documents.get("d", "/content?root=t&as=html").issues == ["query.as"])
            // What is empty may be anything.
            try await documents.write("d", YjsUpdates.textGone)
            #expect(try await documents.get("d", "/content?root=t&as=text").text.isEmpty)
            #expect(try await documents.get("d", "/content").text.contains(#"{"name":"t","kind":null}"#))
        }
    }

    // MARK: The past

    @Test("At each cursor of its history a document is what it was then")
    func history() async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            var cursors: [String] = []
            for number in 0..<5 { cursors.append(try await documents.write("d", DocumentClient.letter(UInt8(number)))) }
            for (number, cursor) in cursors.enumerated() {
                #expect(try await documents.text("d", at: cursor) == String("abcde".prefix(number + 1)))
                let vector = try await documents.get("d", "/state-vector?cursor=\(cursor)")
                #expect(vector.bytes == [1, 1, UInt8(number + 1)])
                let update = try await documents.get("d", "/update?cursor=\(cursor)&state_vector=AQEB")
                #expect(try Update(update.bytes).structCount == (number == 0 ? 0 : number), "what client 1 lacks")
            }
            #expect(try await documents.get("d", "/state-vector?cursor=0-0").bytes == [0])
            #expect(try await documents.text("d", at: "99999999999999-0") == "abcde")

            let all = try await documents.get("d", "/history").list
            #expect(all.map { $0["cursor"] as? String } == cursors)
            #expect(all.allSatisfy { $0["author"] as? String == TestRelay.administrator })
            #expect(all.allSatisfy { $0["snapshot"] as? Bool == false })
            #expect(all.first?["bytes"] as? Int == DocumentClient.letter(0).count)
            var pages: [String] = []
            var next: String? = ""
            while let after = next {
                let page = try await documents.get("d", "/history?limit=2&cursor=\(after)")
                pages += page.list.compactMap { $0["cursor"] as? String }
                next = page.header("x-next-cursor")
            }
            #expect(pages == cursors)
            for rest in ["/history", "/update", "/state-vector", "/content"] {
                #expect(try await documents.get("d", "\(rest)?cursor=yesterday").status == 400, "\(rest)")
            }
            #expect(try await documents.get("d", "/history?limit=x").status == 422)
        }
    }

    /// Writes so much that a document which leaves memory gets a snapshot, and waits for that.
    ///
    /// - Returns: the cursors of the letters.
    private static func untilSnapshot(_ documents: DocumentRequests, letters: Int = 20) async throws -> [String] {
        var cursors: [String] = []
        for number in 0..<letters {
            cursors.append(try await documents.write("d", DocumentClient.letter(UInt8(number))))
        }
        while try await documents.get("d").object["updates"] as? Int != 1 {
            try Task.checkCancellation()
            try await Task.sleep(for: .milliseconds(20))
        }
        return cursors
    }

    @Test("Snapshots take nothing from the past while it is kept")
    func keptPast() async throws {
        try await withRelay {
            $0.documents.idle = .milliseconds(50)
        } _: { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            let cursors = try await Self.untilSnapshot(documents)
            #expect(try await documents.text("d") == "abcdefghijklmnopqrst")
            #expect(try await documents.text("d", at: cursors[2]) == "abc")
            let history = try await documents.get("d", "/history").list
            #expect(history.count == 20)
            #expect(history.last?["snapshot"] as? Bool == true, "in the place of the last update")
            #expect(try await documents.restore("d", cursors[1]).status == 201)
            #expect(try await documents.text("d") == "ab")
        }
    }

    @Test("What is not kept any more is 410, of each route that asks for it")
    func gone() async throws {
        try await withRelay {
            $0.documents.idle = .milliseconds(50)
            $0.documents.history = .zero
        } _: { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            let cursors = try await Self.untilSnapshot(documents)
            for rest in ["/update", "/state-vector", "/content"] {
                let reply = try await documents.get("d", "\(rest)?cursor=\(cursors[3])")
                #expect(reply.status == 410, "\(rest): \(reply)")
                #expect(reply.detail == "So old a state is not kept any more")
            }
            #expect(try await documents.restore("d", cursors[3]).status == 410)
            let history = try await documents.get("d", "/history").list
            #expect(history.count == 1)
            #expect(history.first?["snapshot"] as? Bool == true)
            let snapshot = try #require(history.first?["cursor"] as? String)
            #expect(try await documents.text("d", at: snapshot) == "abcdefghijklmnopqrst")
            #expect(try await documents.restore("d", snapshot).status == 200, "it shows that already")
        }
    }

    // MARK: Restoring

    @Test("A restored document shows what it showed, to those who are connected, too, and is edited on")
    func restore() async throws {
        try await withRelay { relay in
            let token = try await relay.administratorToken
            let documents = DocumentRequests(relay, token)
            let client = try await DocumentClient.synced(relay, "d", token: token)
            let then = try await documents.write("d", YjsUpdates.text)
            try await documents.write("d", YjsUpdates.map)
            try await documents.write("d", YjsUpdates.textGone)
            let before = try await documents.write("d", DocumentBytes.x)
            await client.receive(YjsUpdates.text, YjsUpdates.map, YjsUpdates.textGone, DocumentBytes.x)
            #expect(try await documents.text("d") == "X")

            let reply = try await documents.restore("d", then)
            #expect(reply.status == 201)
            #expect(reply.object["name"] as? String == "d")
            #expect(reply.object["durability"] is String)
            let cursor = try #require(reply.object["cursor"] as? String)
            #expect(try await documents.text("d") == "a😀b")
            #expect(try await documents.get("d", "/content?root=m").text == "{}")
            guard case .update(let update) = await client.word() else {
                Issue.record("who is connected gets no update")
                return
            }
            #expect(try Update(update).structCount > 0)
            #expect(try await documents.get("d").object["cursor"] as? String == cursor)

            // Nothing is lost by it: it is taken back the same way.
            #expect(try await documents.restore("d", cursor).status == 200)
            #expect(try await documents.restore("d", before).status == 201)
            #expect(try await documents.text("d") == "X")
            #expect(try await documents.get("d", "/content?root=m").text == #"{"k":1}"#)
            #expect(try await documents.text("d", at: cursor) == "a😀b")
            client.send(update: DocumentClient.letter(0, of: 90))
            await client.receive(DocumentClient.letter(0, of: 90))
            #expect(Set(try await documents.text("d")) == Set("Xa"))
            client.leave()
        }
    }

    @Test("A document can be emptied by the cursor before its first update")
    func emptied() async throws {
        try await withRelay { relay in
            let documents = DocumentRequests(relay, try await relay.administratorToken)
            try await documents.write("d", YjsUpdates.text)
            #expect(try await documents.restore("d", "0-0").status == 201)
            #expect(try await documents.text("d").isEmpty)
            #expect(try await documents.restore("d", "0-0").status == 200)
        }
    }
}
