import Crypto
import HTTPTypes
import NIOCore
import NIOHTTP1
import RelayWire

/// A file that is part of the program: what it is to a client, and the answer to who asks for it.
struct EmbeddedFile: Sendable {
    /// Its last path component, `page.css`.
    let name: String
    /// The value of `content-type`.
    let type: String
    private let plain: Form
    /// Nil where compressing it saves nothing.
    private let compressed: Form?

    /// - Parameter name: its ending tells its type.
    init(_ name: String, _ bytes: [UInt8]) {
        let digest = String(hexadecimal: SHA256.hash(data: bytes).prefix(12))
        let body = ByteBuffer(bytes: bytes)
        self.name = name
        self.type = Self.type(of: name)
        self.plain = Form(body: body, tag: "\"\(digest)\"", coding: nil)
        self.compressed = ContentCoding.gzipped(body)
            .map { Form(body: $0, tag: "\"\(digest)-gzip\"", coding: "gzip") }
    }

    /// One way in which it is sent. Each has a tag of its own (RFC 9110, section 8.8.3).
    private struct Form {
        let body: ByteBuffer
        let tag: String
        let coding: String?
    }

    /// - Parameters:
    ///   - request: the headers of the request; `accept-encoding` and `if-none-match` count.
    ///   - rules: headers that go with every file of its folder.
    func reply(to request: HTTPFields, rules: HTTPHeaders) -> Reply {
        let plain = self.plain
        let form = Self.takesGzip(request[values: .acceptEncoding]) ? self.compressed ?? plain : plain
        var headers = rules
        headers.add(name: "etag", value: form.tag)
        if self.compressed != nil { headers.add(name: "vary", value: "Accept-Encoding") }
        guard !Self.names(form.tag, in: request[values: .ifNoneMatch]) else {
            return Reply(.notModified, headers: headers, body: ByteBuffer())
        }
        headers.add(name: "content-type", value: self.type)
        if let coding = form.coding { headers.add(name: "content-encoding", value: coding) }
        return Reply(.ok, headers: headers, body: form.body)
    }

    /// Whether an answer may be compressed, by the values of `Accept-Encoding` (RFC 9110, section 12.5.3). A client that says nothing gets it
    /// as it is.
    private static func takesGzip(_ values: [String]) -> Bool {
        let entries = values.flatMap { $0.lowercasedASCII.split(separator: ",") }.map(Preference.init)
        let named = entries.first { $0.coding == "gzip" || $0.coding == "x-gzip" }
        return (named ?? entries.first { $0.coding == "*" })?.isWanted ?? false
    }

    /// A coding of `Accept-Encoding`, and whether its weight is more than 0.
    private struct Preference {
        let coding: Substring
        let isWanted: Bool

        init(_ text: Substring) {
            let parts = text.split(separator: ";").map { $0.trimming { $0 == " " || $0 == "\t" } }
            self.coding = parts.first ?? ""
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
            self.isWanted = weight.map { $0 > 0 } ?? true
        }
    }

    /// Whether a client has it already, by the values of `If-None-Match`, whose tags are compared weakly (RFC 9110, section 13.1.2).
    private static func names(_ tag: String, in values: [String]) -> Bool {
        values.flatMap { $0.split(separator: ",") }.contains { text in
            let named = text.trimming { $0 == " " || $0 == "\t" }
            return named == "*" || named == tag || named.hasPrefix("W/") && named.dropFirst(2) == tag
        }
    }

    /// By the name's ending.
    private static func type(of name: String) -> String {
        switch name.split(separator: ".").last {
        case "html": "text/html; charset=utf-8"
        case "css": "text/css; charset=utf-8"
        case "js", "mjs": "text/javascript; charset=utf-8"
        case "ts": "application/typescript; charset=utf-8"
        case "svg": "image/svg+xml"
        default: "application/octet-stream"
        }
    }
}

extension Substring {
    /// Without such characters at both ends.
    fileprivate func trimming(_ isTrimmed: (Character) -> Bool) -> Substring {
        var text = self.drop(while: isTrimmed)
        while let last = text.last, isTrimmed(last) { text.removeLast() }
        return text
    }
}
