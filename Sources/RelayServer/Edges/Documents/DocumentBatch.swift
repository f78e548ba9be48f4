import NIOCore
import RelayCore
import RelayDocuments
import RelayWire

/// A document's updates for clients of y-protocols: one WebSocket message, however many there are. Clients integrate a merged update for the
/// price of one.
enum DocumentBatch: BatchFormat {
    static func encode(_ messages: [Message], of topic: TopicName) -> ByteBuffer {
        if messages.count == 1 { return self.frame(messages[0].payload) }
        let updates = messages.compactMap { try? Update(Array($0.payload.readableBytesView)) }
        return self.frame(ByteBuffer(bytes: Update.mergedBytes(updates)))
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
        return self.frame(entries)
    }

    static func frame(_ entries: [AwarenessEntry]) -> ByteBuffer {
        ByteBuffer(documentFrame: DocumentFrame.awareness(AwarenessUpdate(entries).encoded()))
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
