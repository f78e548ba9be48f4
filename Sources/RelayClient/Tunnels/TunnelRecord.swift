import NIOCore

/// What the client's two ends of a tunnel say to each other through the bytes that the tunnel carries.
///
/// A tunnel's connections may end at any time: with the relay, with the ticket they were opened by, with the network. What was on its way then
/// is lost. So both ends count. Each keeps what it has sent until the other has it, and a new connection begins with how far both are.
///
/// ```
/// 1  hello         "PRT1", 8 bytes: how much the sender has received so far. The first record of every connection
/// 2  data          4 bytes: how many, and these
/// 3  acknowledged  8 bytes: how much the sender's program has taken so far
/// 4  end           the sender's program sends no more. Counts as one byte
/// 5  broken        the sender's program is gone
/// ```
///
/// Numbers are big-endian. Where a message of the WebSocket begins and ends means nothing.
enum TunnelRecord: Hashable {
    case hello(received: UInt64)
    /// A piece of what one record holds, as it comes.
    case data(ByteBuffer)
    case acknowledged(UInt64)
    case end
    case broken

    /// Of a record's data, in bytes.
    static let longestData = 1 << 20
    fileprivate static let magic: UInt32 = 0x5052_5431

    func write(into buffer: inout ByteBuffer) {
        switch self {
        case .hello(let received):
            buffer.writeMultipleIntegers(UInt8(1), Self.magic, received)
        case .data(let bytes):
            precondition(bytes.readableBytes <= Self.longestData, "a record of \(bytes.readableBytes) bytes")
            buffer.writeMultipleIntegers(UInt8(2), UInt32(bytes.readableBytes))
            buffer.writeImmutableBuffer(bytes)
        case .acknowledged(let count):
            buffer.writeMultipleIntegers(UInt8(3), count)
        case .end: buffer.writeInteger(UInt8(4))
        case .broken: buffer.writeInteger(UInt8(5))
        }
    }

    var bytes: ByteBuffer {
        var buffer = ByteBuffer()
        self.write(into: &buffer)
        return buffer
    }
}

/// Takes the bytes of a tunnel's connection apart, however they are cut. Holds less than a record's head between two calls.
struct TunnelRecordDecoder {
    private var rest = ByteBuffer()
    /// Of a record whose head has come.
    private var dataLeft = 0

    mutating func received(_ bytes: ByteBuffer) {
        if self.rest.readableBytes == 0 { self.rest = bytes } else { self.rest.writeImmutableBuffer(bytes) }
    }

    /// - Returns: nil where more has to come first.
    mutating func next() throws(TunnelFault) -> TunnelRecord? {
        if self.dataLeft == 0 {
            var head = self.rest
            guard let kind: UInt8 = head.readInteger() else { return nil }
            switch kind {
            case 1:
                guard let (magic, received) = head.readMultipleIntegers(as: (UInt32, UInt64).self) else { return nil }
                guard magic == TunnelRecord.magic else { throw .notUnderstood }
                self.rest = head
                return .hello(received: received)
            case 2:
                guard let count: UInt32 = head.readInteger() else { return nil }
                guard 1...TunnelRecord.longestData ~= Int(count) else { throw .notUnderstood }
                self.rest = head
                self.dataLeft = Int(count)
            case 3:
                guard let count: UInt64 = head.readInteger() else { return nil }
                self.rest = head
                return .acknowledged(count)
            case 4:
                self.rest = head
                return .end
            case 5:
                self.rest = head
                return .broken
            default:
                throw .notUnderstood
            }
        }
        guard let piece = self.rest.readSlice(length: min(self.dataLeft, self.rest.readableBytes)),
            piece.readableBytes > 0
        else { return nil }
        self.dataLeft -= piece.readableBytes
        return .data(piece)
    }
}

/// The other end says what no end of this client says.
enum TunnelFault: Error, Hashable, CustomStringConvertible {
    /// No record, or one that has no place there.
    case notUnderstood
    /// It counts otherwise than this end.
    case miscounted
    /// It sends more than this end has room for.
    case overrun

    var description: String {
        switch self {
        case .notUnderstood: "the other end of the tunnel is no 'pulsar-relay tunnel'"
        case .miscounted: "the other end of the tunnel is not where this one is"
        case .overrun: "the other end of the tunnel sends more than it may"
        }
    }
}
