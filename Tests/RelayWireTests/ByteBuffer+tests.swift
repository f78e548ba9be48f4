import Foundation
import NIOCore

extension ByteBuffer {
    var text: String { String(buffer: self) }

    /// As Foundation reads it: the oracle for everything that is written here.
    func foundationObject() throws -> NSDictionary {
        let object = try JSONSerialization.jsonObject(with: Data(self.readableBytesView))
        guard let dictionary = object as? NSDictionary else { throw NotAnObject() }
        return dictionary
    }

    struct NotAnObject: Error {}
}

/// A buffer whose readable bytes begin somewhere inside it, as those of a network read do.
func inset(_ bytes: some Sequence<UInt8>) -> ByteBuffer {
    var buffer = ByteBuffer(string: "before")
    buffer.writeBytes(bytes)
    let end = buffer.writerIndex
    buffer.writeString("\"}]after")
    return buffer.getSlice(at: 6, length: end - 6) ?? ByteBuffer()
}
