import NIOCore
import RelayDocuments

/// What clients of y-websocket and its server say to each other.
enum DocumentSpeech {
    /// "I have nothing. What is there?"
    static let question = ByteBuffer(bytes: DocumentFrame.step1(StateVector()))
    /// "You lack nothing", whatever the other has.
    static let nothing = ByteBuffer(bytes: DocumentFrame.step2(Update.empty.bytes))

    static func update(_ bytes: [UInt8]) -> ByteBuffer { ByteBuffer(bytes: DocumentFrame.update(bytes)) }

    enum Heard: Equatable {
        /// The server wants to have what it has not.
        case question
        /// Whatever was there.
        case document([UInt8])
        case update([UInt8])
        /// Nothing about the document.
        case other
    }

    static func heard(_ message: ByteBuffer) -> Heard {
        let bytes = Array(message.readableBytesView)
        var offset = 0
        return switch try? DocumentMessage.next(in: bytes.span, at: &offset) {
        case .step1: .question
        case .step2(let range): .document(Array(bytes[range]))
        case .update(let range): .update(Array(bytes[range]))
        case .awareness, .denied, .queryAwareness, .unknown, nil: .other
        }
    }

    /// How many updates of ``DocumentWriter``s are in one that a server sent, which may have merged them: each has one struct, and a merge joins
    /// none to another.
    static func count(in update: [UInt8]) -> Int { (try? Update(update).structCount) ?? 0 }
}
