import Testing

@testable import RelayHTTP3

@Suite("Heads of requests")
struct HTTP3RequestHeadTests {
    static let get = [
        HTTP3Field(":method", "GET"), HTTP3Field(":scheme", "https"), HTTP3Field(":authority", "relay"),
        HTTP3Field(":path", "/ws"),
    ]

    @Test("a request, and one that opens a session")
    func good() throws {
        let head = try HTTP3RequestHead(Self.get + [HTTP3Field("accept", "*/*"), HTTP3Field("te", "trailers")])
        #expect(head.method == "GET" && head.path == "/ws" && head.authority == "relay" && head.connectProtocol == nil)
        #expect(head.fields == [HTTP3Field("accept", "*/*"), HTTP3Field("te", "trailers")])
        let session = try HTTP3RequestHead([
            HTTP3Field(":method", "CONNECT"), HTTP3Field(":protocol", "webtransport"), HTTP3Field(":scheme", "https"),
            HTTP3Field(":authority", "relay"), HTTP3Field(":path", "/wt"),
        ])
        #expect(session.connectProtocol == "webtransport" && session.path == "/wt")
        #expect(throws: Never.self) {
            try HTTP3RequestHead([HTTP3Field(":method", "CONNECT"), HTTP3Field(":authority", "host:1")])
        }
    }

    static let changes: [(String, @Sendable (inout [HTTP3Field]) -> Void)] = [
        ("no method", { $0.removeFirst() }),
        ("no path", { $0.removeLast() }),
        ("an empty path", { $0[3].value = "" }),
        ("no authority and no host", { $0.remove(at: 2) }),
        ("no scheme", { $0.remove(at: 1) }),
        ("two methods", { $0.insert($0[0], at: 1) }),
        ("a pseudo field of answers", { $0.append(HTTP3Field(":status", "200")) }),
        ("a pseudo field behind others", { $0.insert(HTTP3Field("accept", "*/*"), at: 0) }),
        ("a protocol without CONNECT", { $0.append(HTTP3Field(":protocol", "websocket")) }),
        ("a method with a blank", { $0[0].value = "GE T" }),
        ("a path that breaks its line", { $0[3].value = "/\r\nx: y" }),
        ("a capital letter", { $0.append(HTTP3Field("Accept", "*/*")) }),
        ("an empty name", { $0.append(HTTP3Field("", "x")) }),
        ("a colon in a name", { $0.append(HTTP3Field("a:b", "x")) }),
        ("a field of the connection", { $0.append(HTTP3Field("connection", "close")) }),
        ("an upgrade", { $0.append(HTTP3Field("upgrade", "websocket")) }),
        ("te of something else", { $0.append(HTTP3Field("te", "gzip")) }),
        ("a value that breaks its line", { $0.append(HTTP3Field("x", "a\nb")) }),
        ("a value with NUL", { $0.append(HTTP3Field("x", "a\0b")) }),
    ]

    @Test("what is malformed is refused, and the connection goes on", arguments: changes.indices)
    func malformed(_ index: Int) {
        var fields = Self.get
        Self.changes[index].1(&fields)
        let section = fields
        let violation = #expect(throws: HTTP3Violation.self, "\(Self.changes[index].0)") {
            try HTTP3RequestHead(section)
        }
        #expect(violation?.scope == .stream && violation?.code == .messageError)
    }
}
