import CZlib
import NIOCore

/// How a body is encoded for its way (RFC 9110, section 8.4.1): that of a request, and of answers that are always the same.
enum ContentCoding: Sendable {
    case gzip
    case deflate

    /// - Parameter name: lower case. `x-gzip` is gzip.
    init?(_ name: String) {
        switch name {
        case "gzip", "x-gzip": self = .gzip
        case "deflate": self = .deflate
        default: return nil
        }
    }

    /// What is told to clients that use another.
    static let names = "gzip, deflate"

    enum Failure: Error {
        case malformed
        /// More comes out of it than was allowed.
        case tooLarge
    }

    /// zlib's code for the largest window with a gzip header, with a zlib header, and with none: RFC 9110 means the second by deflate, and
    /// some clients send the third.
    private var windowBits: [Int32] {
        switch self {
        case .gzip: [15 + 16]
        case .deflate: [15, -15]
        }
    }

    /// Undoes the encoding. Stops as soon as too much has come out, so a small body can't take more memory than a large one.
    ///
    /// - Parameter limit: bytes that may come out.
    func decode(_ body: ByteBuffer, upTo limit: Int) throws(Failure) -> ByteBuffer {
        var failure = Failure.malformed
        for bits in self.windowBits {
            do throws(Failure) {
                return try Self.inflate(body, windowBits: bits, upTo: limit)
            } catch {
                failure = error
                if case .tooLarge = error { throw error }
            }
        }
        throw failure
    }

    private static func inflate(
        _ body: ByteBuffer,
        windowBits: Int32,
        upTo limit: Int
    ) throws(Failure) -> ByteBuffer {
        var stream = unsafe z_stream()
        guard unsafe relay_inflate_init(&stream, windowBits) == Z_OK else { throw .malformed }
        defer { unsafe inflateEnd(&stream) }
        var body = body
        var result = ByteBuffer()
        var status = Z_OK
        // One byte more than the limit shows that it is passed.
        result.reserveCapacity(min(limit + 1, max(1_024, body.readableBytes * 4)))
        while status == Z_OK {
            guard result.readableBytes <= limit else { throw .tooLarge }
            let room = min(limit + 1 - result.readableBytes, max(1_024, result.readableBytes))
            let before = (body.readableBytes, result.readableBytes)
            unsafe result.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { output in
                unsafe body.readWithUnsafeMutableReadableBytes { input in
                    unsafe stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    unsafe stream.avail_in = UInt32(input.count)
                    unsafe stream.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                    unsafe stream.avail_out = UInt32(room)
                    status = unsafe CZlib.inflate(&stream, Z_NO_FLUSH)
                    return unsafe input.count - Int(stream.avail_in)
                }
                return unsafe room - Int(stream.avail_out)
            }
            // What ends in the middle makes no progress any more.
            if status == Z_OK, before == (body.readableBytes, result.readableBytes) { throw .malformed }
        }
        guard status == Z_STREAM_END, body.readableBytes == 0 else { throw .malformed }
        guard result.readableBytes <= limit else { throw .tooLarge }
        return result
    }

    /// The body compressed with gzip, as far as zlib can: for what is made once and sent often.
    ///
    /// - Returns: nil where nothing is gained.
    static func gzipped(_ body: ByteBuffer) -> ByteBuffer? {
        var result = ByteBuffer()
        unsafe result.writeWithUnsafeMutableBytes(minimumWritableBytes: body.readableBytes) { output in
            unsafe body.withUnsafeReadableBytes { input in
                unsafe Int(
                    relay_gzip(
                        input.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        UInt32(input.count),
                        output.baseAddress?.assumingMemoryBound(to: UInt8.self),
                        // What is no shorter finds no room.
                        UInt32(input.count)
                    )
                )
            }
        }
        return result.readableBytes > 0 ? result : nil
    }
}
