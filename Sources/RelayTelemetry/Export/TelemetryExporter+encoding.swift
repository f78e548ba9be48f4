import NIOCore
import SwiftProtobuf

extension TelemetryExporter {
    /// - Returns: nil where it can't be encoded: it is larger than the format allows.
    static func encoded(_ message: some SwiftProtobuf.Message) -> ByteBuffer? {
        guard let bytes: [UInt8] = try? message.serializedBytes() else { return nil }
        return ByteBuffer(bytes: bytes)
    }
}
