import Crypto
import Foundation
import NIOHTTP1
import RelayWire

/// The server's side of the opening handshake (RFC 6455, 4.2), without I/O.
enum WebSocketHandshake {
    enum Outcome {
        /// Switch protocols, with these headers.
        case accept(HTTPHeaders)
        case refuse(Reply)
    }

    private static let magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    static func evaluate(_ head: HTTPRequestHead) -> Outcome {
        if head.version == .http2 { return self.evaluateStream(head) }
        guard head.version == .http1_1, Self.list(head, "connection", holds: "upgrade"),
            Self.list(head, "upgrade", holds: "websocket")
        else {
            return .refuse(Self.refusal(.upgradeRequired, "This is a WebSocket endpoint"))
        }
        guard self.endsParsing(head) else {
            return .refuse(Reply(.badRequest, detail: "Malformed upgrade request"))
        }
        guard head.headers["sec-websocket-version"] == ["13"] else {
            return .refuse(Self.refusal(.upgradeRequired, "Unsupported WebSocket version"))
        }
        let keys = head.headers["sec-websocket-key"]
        guard keys.count == 1, Data(base64Encoded: keys[0])?.count == 16 else {
            return .refuse(Reply(.badRequest, detail: "Malformed Sec-WebSocket-Key"))
        }
        var headers: HTTPHeaders = [
            "upgrade": "websocket",
            "connection": "upgrade",
            "sec-websocket-accept": Self.accept(keys[0]),
        ]
        self.select(head, into: &headers)
        return .accept(headers)
    }

    /// The same for a stream of HTTP/2 (RFC 8441): no key is needed, and nothing is switched.
    private static func evaluateStream(_ head: HTTPRequestHead) -> Outcome {
        guard self.list(head, "upgrade", holds: "websocket") else {
            return .refuse(Reply(.badRequest, detail: "This is a WebSocket endpoint: CONNECT to it, see RFC 8441"))
        }
        guard head.headers["sec-websocket-version"] == ["13"] else {
            var reply = Reply(.badRequest, detail: "Unsupported WebSocket version")
            reply.headers.add(name: "sec-websocket-version", value: "13")
            return .refuse(reply)
        }
        var headers = HTTPHeaders()
        self.select(head, into: &headers)
        return .accept(headers)
    }

    private static func select(_ head: HTTPRequestHead, into headers: inout HTTPHeaders) {
        if let selected = WebSocketSubprotocols(head.headers).selected {
            headers.add(name: "sec-websocket-protocol", value: selected)
        }
    }

    /// Whether the HTTP decoder, too, takes this request for an upgrade: then it parses no further, and what follows is left
    /// to the WebSocket. Were it of another mind, it would hand requests to handlers that take bytes, which is a crash.
    ///
    /// It reads `Connection` by a grammar of its own, in which a tab after a word ends no word. So only words, commas and
    /// blanks will do: of those both make the same. A handshake has no body either.
    private static func endsParsing(_ head: HTTPRequestHead) -> Bool {
        let isPlain = head.headers["connection"].allSatisfy { value in
            value.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "-"),
                    UInt8(ascii: ","), UInt8(ascii: " "):
                    true
                default: false
                }
            }
        }
        let hasBody =
            head.headers.contains(name: "transfer-encoding")
            || head.headers["content-length"].contains { $0 != "0" }
        return isPlain && !hasBody
    }

    /// What a server answers to a client's key.
    static func accept(_ key: String) -> String {
        Data(Insecure.SHA1.hash(data: Data((key + self.magic).utf8))).base64EncodedString()
    }

    private static func refusal(_ status: HTTPResponseStatus, _ detail: String) -> Reply {
        var reply = Reply(status, detail: detail)
        // RFC 9110, section 7.8: who offers another protocol says so in both.
        reply.headers.add(name: "upgrade", value: "websocket")
        reply.headers.add(name: "connection", value: "upgrade")
        reply.headers.add(name: "sec-websocket-version", value: "13")
        return reply
    }

    private static func list(_ head: HTTPRequestHead, _ name: String, holds token: String) -> Bool {
        head.headers[canonicalForm: name].contains { $0.isToken(token) }
    }
}
