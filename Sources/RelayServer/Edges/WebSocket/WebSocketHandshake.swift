import Crypto
import Foundation
import NIOHTTP1

/// The server's side of the opening handshake (RFC 6455, 4.2), without I/O.
enum WebSocketHandshake {
    enum Outcome {
        /// Switch protocols, with these headers.
        case accept(HTTPHeaders)
        case refuse(Reply)
    }

    private static let magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

    static func evaluate(_ head: HTTPRequestHead) -> Outcome {
        guard head.version == .http1_1, Self.list(head, "connection", holds: "upgrade"),
            Self.list(head, "upgrade", holds: "websocket")
        else {
            return .refuse(Self.refusal(.upgradeRequired, "This is a WebSocket endpoint"))
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
        if let selected = WebSocketSubprotocols(head.headers).selected {
            headers.add(name: "sec-websocket-protocol", value: selected)
        }
        return .accept(headers)
    }

    private static func accept(_ key: String) -> String {
        Data(Insecure.SHA1.hash(data: Data((key + self.magic).utf8))).base64EncodedString()
    }

    private static func refusal(_ status: HTTPResponseStatus, _ detail: String) -> Reply {
        var reply = Reply(status, detail: detail)
        reply.headers.add(name: "upgrade", value: "websocket")
        reply.headers.add(name: "sec-websocket-version", value: "13")
        return reply
    }

    private static func list(_ head: HTTPRequestHead, _ name: String, holds token: String) -> Bool {
        head.headers[canonicalForm: name].contains { $0.lowercased() == token }
    }
}
