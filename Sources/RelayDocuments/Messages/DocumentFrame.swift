/// Writes messages of y-protocols, one in a frame: older clients read only the first.
public enum DocumentFrame {
    /// Says what the server has.
    public static func step1(_ vector: StateVector) -> [UInt8] {
        self.sync(DocumentMessageType.step1, vector.encoded())
    }

    /// The answer to a step 1, also when there is nothing to send.
    ///
    /// - Parameter update: as ``DocumentState/diff(against:)`` makes it.
    public static func step2(_ update: [UInt8]) -> [UInt8] {
        self.sync(DocumentMessageType.step2, update)
    }

    public static func update(_ update: [UInt8]) -> [UInt8] {
        self.sync(DocumentMessageType.update, update)
    }

    /// What stands in front of an update's bytes in its frame, for whoever has these in a buffer that is shared.
    ///
    /// - Parameter size: of the update, bytes.
    public static func updateHead(size: Int) -> [UInt8] {
        var head = [UInt8(DocumentMessageType.sync), UInt8(DocumentMessageType.update)]
        head.append(uint: UInt64(size))
        return head
    }

    /// - Parameter vector: as it is encoded.
    public static func step1(encoded vector: [UInt8]) -> [UInt8] { self.sync(DocumentMessageType.step1, vector) }

    /// Asks who is present.
    public static let queryAwareness = [UInt8(DocumentMessageType.queryAwareness)]

    /// - Parameter update: as ``AwarenessUpdate/encoded()`` makes it.
    public static func awareness(_ update: [UInt8]) -> [UInt8] {
        var frame = [UInt8(DocumentMessageType.awareness)]
        frame.append(block: update)
        return frame
    }

    /// An awareness message that changes nothing: something has to reach y-websocket's client every 30 s.
    public static let keepAlive = awareness([0])

    /// Not permitted. The client only logs it.
    public static func denied(reason: String) -> [UInt8] {
        var frame = [UInt8(DocumentMessageType.auth), 0]
        frame.append(block: Array(reason.utf8))
        return frame
    }

    private static func sync(_ subtype: UInt64, _ body: [UInt8]) -> [UInt8] {
        var frame: [UInt8] = []
        frame.reserveCapacity(body.count + 12)
        frame.append(uint: DocumentMessageType.sync)
        frame.append(uint: subtype)
        frame.append(block: body)
        return frame
    }
}
