import NIOCore

/// What a connection's requests and answers look like.
enum RequestWire {
    /// HTTP/1.1. Turns into ``webSocket`` with an answer that switches protocols.
    case http
    /// Frames that subscribe or publish, and the frames that answer them. What is published must not be subscribed to.
    case webSocket

    struct Answer {
        var body: ByteBuffer
        /// Why the server did not do what it was asked for; nil where it did.
        var refusal: LoadError?
    }

    /// - Returns: nil, with nothing consumed, while the answer isn't there whole.
    mutating func read(from bytes: inout ByteBuffer) -> Answer? {
        switch self {
        case .http:
            guard let response = HTTPResponse.read(from: &bytes) else { return nil }
            if response.status == 101 { self = .webSocket }
            let refusal = LoadError.refused(status: response.status, body: String(buffer: response.body))
            return Answer(
                body: response.body,
                refusal: response.isSuccess || response.status == 101 ? nil : refusal
            )
        case .webSocket:
            while let frame = ServerFrame.read(from: &bytes) {
                if !PulseFrame.isGreeting(frame) { return Self.answer(frame) }
            }
            return nil
        }
    }

    private static let published = ByteBuffer(string: #"{"type":"published""#)
    private static let subscribed = ByteBuffer(string: #"{"type":"subscribed""#)

    private static func answer(_ frame: ServerFrame) -> Answer {
        if PulseFrame.isAck(frame) { return Answer(body: frame.payload) }
        let isSuccess = [Self.published, Self.subscribed].contains {
            frame.payload.readableBytesView.starts(with: $0.readableBytesView)
        }
        return Answer(body: frame.payload, refusal: isSuccess ? nil : .frameRefused(String(buffer: frame.payload)))
    }
}
