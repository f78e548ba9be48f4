import NIOCore

/// What a peer may say on QPACK's own two streams where there is no dynamic table: nearly nothing. Both are read without being kept.
enum QPACKInstructions {
    /// The encoder's stream (RFC 9204 section 4.3): a table of capacity 0 may be asked for, and nothing be put in.
    static func checkEncoder(_ bytes: ByteBuffer) throws(HTTP3Violation) {
        guard bytes.readableBytesView.allSatisfy({ $0 == 0x20 }) else {
            throw .connection(.encoderStreamError, "There is no dynamic table")
        }
    }

    /// The decoder's stream (section 4.4): streams may be cancelled. What was put into the table can't be acknowledged, since nothing was.
    struct Decoder {
        /// Of an instruction that has begun, bytes so far.
        private var size = 0
        /// The longest number of a stream, bytes.
        private static let longest = 11

        mutating func check(_ bytes: ByteBuffer) throws(HTTP3Violation) {
            for byte in bytes.readableBytesView {
                let isFirst = self.size == 0
                guard isFirst ? byte & 0xC0 == 0x40 : self.size < Self.longest else {
                    throw .connection(.decoderStreamError, "Nothing was put into the dynamic table")
                }
                let goesOn = isFirst ? byte & 0x3F == 0x3F : byte & 0x80 != 0
                self.size = goesOn ? self.size + 1 : 0
            }
        }
    }
}
