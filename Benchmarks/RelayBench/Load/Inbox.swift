import NIOCore

/// Bytes that arrived on one connection and are not yet read.
///
/// Between reads it lets go of the event loop's read buffer, so that an idle connection holds none.
struct Inbox {
    var bytes = ByteBuffer()

    mutating func receive(_ arrived: ByteBuffer) {
        if self.bytes.readableBytes == 0 {
            self.bytes = arrived
        } else {
            self.bytes.writeImmutableBuffer(arrived)
        }
    }

    /// To be called when nothing whole is left to read.
    mutating func settle() {
        if self.bytes.readableBytes == 0 {
            self.bytes = ByteBuffer()
        }
    }
}
