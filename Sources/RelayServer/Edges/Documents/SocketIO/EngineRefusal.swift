import NIOCore
import NIOHTTP1

/// Why a request of an Engine.IO client is not answered with packets, by Engine.IO's own numbers.
enum EngineRefusal: Int, Error, Hashable {
    case unknownTransport = 0
    case unknownSession = 1
    case badHandshakeMethod = 2
    case badRequest = 3
    case forbidden = 4
    case unsupportedVersion = 5

    var text: String {
        switch self {
        case .unknownTransport: "Transport unknown"
        case .unknownSession: "Session ID unknown"
        case .badHandshakeMethod: "Bad handshake method"
        case .badRequest: "Bad request"
        case .forbidden: "Forbidden"
        case .unsupportedVersion: "Unsupported protocol version"
        }
    }
}

extension Reply {
    /// `{"code": 1, "message": "Session ID unknown"}`
    init(_ refusal: EngineRefusal) {
        self.init(
            refusal == .forbidden ? .forbidden : .badRequest,
            json: ByteBuffer(string: #"{"code":\#(refusal.rawValue),"message":"\#(refusal.text)"}"#)
        )
    }
}
