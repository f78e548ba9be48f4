public import NIOCore

/// What a client is told about documents, as packets.
public enum DocumentNotice {
    /// `crdt:joined`: the client is in the room, by this name.
    public static func joined(room: String, clientID: String) -> SocketPacket {
        var json = ByteBuffer(string: "[\"crdt:joined\",{\"roomName\":")
        json.writeJSONString(room)
        json.writeString(",\"clientId\":")
        json.writeJSONString(clientID)
        json.writeString("}]")
        return SocketPacket(.event, json: json)
    }

    /// `crdt:error`: some clients read `error`, others `message` and `type`.
    public static func error(_ text: String, type: String) -> SocketPacket {
        var json = ByteBuffer(string: "[\"crdt:error\"")
        for (separator, name, value) in [(",{", "error", text), (",", "message", text), (",", "type", type)] {
            json.writeString("\(separator)\"\(name)\":")
            json.writeJSONString(value)
        }
        json.writeString("}]")
        return SocketPacket(.event, json: json)
    }

    /// `crdt:message` with its bytes as a list of numbers.
    public static func message(room: String, _ bytes: ByteBuffer) -> EnginePacket {
        var text = ByteBuffer()
        text.reserveCapacity(room.utf8.count + 32 + 4 * bytes.readableBytes)
        text.writeString("2[\"crdt:message\",")
        text.writeJSONString(room)
        text.writeString(",[")
        self.write(bytes, into: &text)
        text.writeString("]]")
        return EnginePacket(.message, text)
    }

    private static func write(_ bytes: ByteBuffer, into text: inout ByteBuffer) {
        var digits: [UInt8] = []
        digits.reserveCapacity(4 * bytes.readableBytes)
        for byte in bytes.readableBytesView {
            if byte >= 100 { digits.append(0x30 + byte / 100) }
            if byte >= 10 { digits.append(0x30 + byte / 10 % 10) }
            digits.append(0x30 + byte % 10)
            digits.append(UInt8(ascii: ","))
        }
        text.writeBytes(digits.dropLast())
    }

    /// `crdt:message` with its bytes as an attachment: two packets, which must follow each other.
    public static func binaryMessage(room: String, _ bytes: ByteBuffer) -> [EnginePacket] {
        var text = ByteBuffer(string: "51-[\"crdt:message\",")
        text.writeJSONString(room)
        text.writeString(",{\"_placeholder\":true,\"num\":0}]")
        return [EnginePacket(.message, text), EnginePacket(binary: bytes)]
    }

    /// Answers a CONNECT: the client is in, by this name.
    public static func connected(sid: String) -> SocketPacket {
        var json = ByteBuffer(string: "{\"sid\":")
        json.writeJSONString(sid)
        json.writeString("}")
        return SocketPacket(.connect, json: json)
    }

    /// Answers a CONNECT: the client is not let in.
    public static func refused(_ text: String, namespace: String) -> SocketPacket {
        var json = ByteBuffer(string: "{\"message\":")
        json.writeJSONString(text)
        json.writeString("}")
        return SocketPacket(.connectError, namespace: namespace, json: json)
    }

    /// Answers an event that wants to hear that it has come.
    public static func acknowledged(_ id: String) -> SocketPacket {
        SocketPacket(.ack, id: id, json: ByteBuffer(string: "[]"))
    }
}
