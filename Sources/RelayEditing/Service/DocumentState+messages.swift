import NIOCore
import RelayCore
import RelayDocuments

extension DocumentState {
    /// Takes what messages of a document's topic bring. One that is no update changes nothing: nobody could have published it.
    mutating func apply(_ messages: [Message]) {
        var later: [Update] = []
        for message in messages where message.format == .binary {
            unsafe message.payload.withUnsafeReadableBytes { bytes in
                let span = unsafe Span<UInt8>(_unsafeElements: bytes.assumingMemoryBound(to: UInt8.self))
                try? self.apply(span, orLater: &later)
            }
        }
        self.apply(together: later)
    }
}
