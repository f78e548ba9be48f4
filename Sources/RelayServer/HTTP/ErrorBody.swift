import NIOCore
import RelayWire

/// The bodies of HTTP errors, as the wire contract has them.
enum ErrorBody {
    static func detail(_ detail: String) -> ByteBuffer {
        var body = ByteBuffer()
        body.writeStaticString(#"{"detail":"#)
        body.writeJSONString(detail)
        body.writeStaticString("}")
        return body
    }

    static let payloadTooLarge = ByteBuffer(
        string: #"{"error":"PAYLOAD_TOO_LARGE","message":"request body exceeds configured limit"}"#
    )

    static let internalError = ByteBuffer(
        string: #"{"error":"INTERNAL_ERROR","message":"An internal error occurred"}"#
    )
}
