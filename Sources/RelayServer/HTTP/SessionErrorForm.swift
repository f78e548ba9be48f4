import NIOCore
import NIOHTTP1
import RelayAccess
import RelaySessions
import RelayWire

/// What errors look like on the paths of the session service: `error`, `message` and `request_id`. Its routes answer so themselves; here what
/// others answer is brought to it: the connection, the gate, the look-up of routes and tokens, sockets that are refused.
enum SessionErrorForm {
    static func covers(_ path: Substring) -> Bool { path.utf8.starts(with: "/v1/".utf8) }

    /// The reply itself where its body has the form already, or is none of the relay's error bodies.
    static func of(_ reply: Reply, requestID: String) -> Reply {
        guard reply.rest == nil, reply.lengthOfHead == nil else { return reply }
        let names = ["detail", "message", "request_id"]
        let known = try? RequestFields.decode(reply.body, names: names) { fields -> (text: String?, isDone: Bool)? in
            let isDone = fields.text("request_id") != nil
            return (fields.text("detail") ?? fields.text("message"), isDone)
        }
        guard let known, !known.isDone else { return reply }
        let code = Self.code(of: reply.status, known.text)
        var formed = reply
        formed.body = ByteBuffer(string: #"{"error":""# + code + #"","message":"#)
        formed.body.writeJSONString(known.text ?? reply.status.reasonPhrase)
        formed.body.writeStaticString(#","request_id":"#)
        formed.body.writeJSONString(requestID)
        formed.body.writeStaticString("}")
        return formed
    }

    private static func code(of status: HTTPResponseStatus, _ text: String?) -> String {
        switch status.code {
        case 401:
            (text == AccessError(.notAuthenticated).detail ? SessionErrorCode.unauthenticated : .invalidToken).rawValue
        case 403: SessionErrorCode.forbidden.rawValue
        case 404: SessionErrorCode.notFound.rawValue
        case 405: "method_not_allowed"
        case 409: SessionErrorCode.conflict.rawValue
        case 410: SessionErrorCode.sessionClosed.rawValue
        case 413: SessionErrorCode.tooLarge.rawValue
        case 429: SessionErrorCode.rateLimited.rawValue
        case 500: "internal_error"
        case 502: "relay_failed"
        case 503: SessionErrorCode.unavailable.rawValue
        default: SessionErrorCode.invalidRequest.rawValue
        }
    }
}
