import NIOCore

/// An HTTP/1 answer, scanned by hand: status, `Content-Length`, body.
///
/// An answer without `Content-Length` is taken to have no body: the servers under test send no chunks.
struct HTTPResponse {
    var status: Int
    var body: ByteBuffer

    var isSuccess: Bool { (200..<300).contains(self.status) }

    /// - Returns: nil, with nothing consumed, while the answer isn't there whole.
    static func read(from bytes: inout ByteBuffer) -> HTTPResponse? {
        guard let head = HTTPResponseHead(bytes.readableBytesUInt8Span),
            bytes.readableBytes >= head.byteCount + head.contentLength
        else { return nil }
        bytes.moveReaderIndex(forwardBy: head.byteCount)
        guard let body = bytes.readSlice(length: head.contentLength) else { return nil }
        return HTTPResponse(status: head.status, body: body)
    }
}
