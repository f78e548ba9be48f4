import NIOCore
import RelayCore
import RelayDocuments
import RelayWire

/// A document's updates for clients of y-protocols: one WebSocket message, however many there are. Clients integrate a merged update for the
/// price of one.
enum DocumentBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        self.frame(self.update(messages))
    }

    /// One update that says what all of these do.
    static func update(_ messages: [Message]) -> ByteBuffer {
        if messages.count == 1 { return messages[0].payload }
        let updates = messages.compactMap { try? Update(Array($0.payload.readableBytesView)) }
        return ByteBuffer(bytes: Update.mergedBytes(updates))
    }

    /// - Parameter update: an update's bytes.
    static func frame(_ update: ByteBuffer) -> ByteBuffer {
        let head = DocumentFrame.updateHead(size: update.readableBytes)
        let size = head.count + update.readableBytes
        var frame = ByteBuffer()
        frame.reserveCapacity(WebSocketFraming.headerSize(payloadSize: size) + size)
        WebSocketFraming.writeHeader(.binary, payloadSize: size, into: &frame)
        frame.writeBytes(head)
        frame.writeImmutableBuffer(update)
        return frame
    }
}

/// What is shown of those who are present, for clients of y-protocols: one WebSocket message, with the newest entry of each client.
enum AwarenessBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        self.frame(self.newest(messages))
    }

    /// The newest entry of each client.
    static func newest(_ messages: [Message]) -> [AwarenessEntry] {
        var places: [UInt64: Int] = [:]
        var entries: [AwarenessEntry] = []
        for message in messages {
            guard let update = try? AwarenessUpdate(Array(message.payload.readableBytesView)) else { continue }
            for entry in update.entries {
                if let place = places[entry.client] {
                    if entry.clock >= entries[place].clock { entries[place] = entry }
                } else {
                    places[entry.client] = entries.count
                    entries.append(entry)
                }
            }
        }
        return entries
    }

    static func frame(_ entries: [AwarenessEntry]) -> ByteBuffer {
        ByteBuffer(documentFrame: DocumentFrame.awareness(AwarenessUpdate(entries).encoded()))
    }
}

/// A document's updates as one message of y-protocols, with no frame around it: for protocols that write an address in front.
enum DocumentBody: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        self.message(DocumentBatch.update(messages))
    }

    static func message(_ update: ByteBuffer) -> ByteBuffer {
        let head = DocumentFrame.updateHead(size: update.readableBytes)
        var bytes = ByteBuffer()
        bytes.reserveCapacity(head.count + update.readableBytes)
        bytes.writeBytes(head)
        bytes.writeImmutableBuffer(update)
        return bytes
    }
}

/// The same of what is shown of those who are present.
enum AwarenessBody: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        let entries = AwarenessBatch.newest(messages)
        return ByteBuffer(bytes: DocumentFrame.awareness(AwarenessUpdate(entries).encoded()))
    }
}

/// The same for clients that write it without its length.
enum BareAwarenessBody: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        ByteBuffer(bytes: self.message(messages))
    }

    static func message(_ messages: [Message]) -> [UInt8] {
        ZealMessage.awarenessFrame(AwarenessUpdate(AwarenessBatch.newest(messages)).encoded(), hasLength: false)
    }
}

/// The same as one WebSocket message.
enum BareAwarenessBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        ByteBuffer(documentFrame: BareAwarenessBody.message(messages))
    }
}

extension ByteBuffer {
    /// A message of y-protocols as a WebSocket frame.
    init(documentFrame message: [UInt8]) {
        self.init()
        self.reserveCapacity(WebSocketFraming.headerSize(payloadSize: message.count) + message.count)
        WebSocketFraming.writeHeader(.binary, payloadSize: message.count, into: &self)
        self.writeBytes(message)
    }
}
