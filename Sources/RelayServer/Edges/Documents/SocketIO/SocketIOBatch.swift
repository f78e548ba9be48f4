import NIOCore
import RelayCore
import RelayEditing
import RelayWire

/// What comes of a document as the payload of a Socket.IO event with a list of numbers, made once for all who get it.
enum SocketIOBatch<Body: BatchFormat>: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        let room = DocumentName(path: topic.rawValue)?.text ?? ""
        return DocumentNotice.message(room: room, Body.encode(messages, of: topic)).payload
    }
}

extension DocumentNotice {
    /// What a client is told that something was not done for.
    static func error(_ failure: RoomFailure) -> SocketPacket? {
        guard case .failed(let text, let code) = failure.notice else { return nil }
        return self.error(text, type: code)
    }
}
