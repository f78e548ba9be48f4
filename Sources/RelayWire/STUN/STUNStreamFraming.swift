public import NIOCore

/// Finds where messages of STUN and TURN end on a stream (RFC 8489, 6.2.2; RFC 8656, 12.5).
public enum STUNStreamFraming {
    /// Takes the next message off the buffer: a ``STUNMessage``, or ``TURNChannelData`` with its padding.
    ///
    /// What can't become a message is refused with its first bytes, so nobody waits for the rest of it.
    ///
    /// - Parameter limit: the longest message that is taken, bytes. So much, and no more, may have to be held.
    /// - Returns: nil where the message is not whole yet. Then nothing was taken.
    /// - Throws: `notSTUN` and `tooLong`. The stream is of no use afterwards.
    public static func next(from buffer: inout ByteBuffer, limit: Int) throws(STUNError) -> ByteBuffer? {
        let start = buffer.readerIndex
        guard let first: UInt8 = buffer.getInteger(at: start) else { return nil }
        guard first < 0x80 else { throw .notSTUN }
        guard let (type, length) = buffer.getMultipleIntegers(at: start, as: (UInt16, UInt16).self) else { return nil }
        let size: Int
        if STUNMessageType(rawValue: type) == nil {
            size = TURNChannelData.headerSize + Int(length) + TURNChannelData.padding(size: Int(length))
        } else {
            let cookie: UInt32? = buffer.getInteger(at: start + 4)
            guard length & 3 == 0, cookie ?? STUNHeader.magicCookie == STUNHeader.magicCookie else { throw .notSTUN }
            size = STUNHeader.size + Int(length)
        }
        guard size <= limit else { throw .tooLong }
        return buffer.readSlice(length: size)
    }
}
