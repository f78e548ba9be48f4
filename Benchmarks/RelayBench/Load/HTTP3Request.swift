import NIOCore

/// A request of HTTP/3 as it lies on its stream (RFC 9114 section 4.1). Its fields are by QPACK's static table, or spelt out (RFC 9204 section 4.5):
/// nothing is remembered between requests.
struct HTTP3Request: Sendable {
    /// Frames of HEADERS and, where there is a body, of DATA.
    let bytes: ByteBuffer

    static func get(_ path: String) -> HTTP3Request { HTTP3Request(method: 17, path: path) }

    /// A body of JSON.
    static func post(_ path: String, _ body: String, token: String) -> HTTP3Request {
        HTTP3Request(method: 20, path: path, token: token, body: body)
    }

    /// - Parameter method: its line in the static table.
    private init(method: UInt8, path: String, token: String? = nil, body: String? = nil) {
        // Nothing of the dynamic table; the method and `:scheme: https`.
        var fields = ByteBuffer(bytes: [0x00, 0x00, 0xC0 | method, 0xC0 | 23])
        Self.write("127.0.0.1", of: 0, into: &fields)
        Self.write(path, of: 1, into: &fields)
        if let token { Self.write("Bearer \(token)", of: 84, into: &fields) }
        if let body {
            Self.write("\(body.utf8.count)", of: 4, into: &fields)
            // `content-type: application/json`
            fields.writeInteger(UInt8(0xC0 | 46))
        }
        var frames = ByteBuffer()
        Self.writeFrame(0x01, fields, into: &frames)
        if let body { Self.writeFrame(0x00, ByteBuffer(string: body), into: &frames) }
        self.bytes = frames
    }

    /// - Parameter name: its line in the static table.
    private static func write(_ value: String, of name: Int, into fields: inout ByteBuffer) {
        Self.write(name, behind: 0x50, bits: 4, into: &fields)
        Self.write(value.utf8.count, behind: 0x00, bits: 7, into: &fields)
        fields.writeString(value)
    }

    /// A number that begins in the lower bits of a byte (RFC 7541 section 5.1).
    private static func write(_ number: Int, behind first: UInt8, bits: Int, into fields: inout ByteBuffer) {
        let most = 1 << bits - 1
        guard number >= most else { return _ = fields.writeInteger(first | UInt8(number)) }
        fields.writeInteger(first | UInt8(most))
        var rest = number - most
        while rest >= 128 {
            fields.writeInteger(UInt8(rest & 127 | 128))
            rest >>= 7
        }
        fields.writeInteger(UInt8(rest))
    }

    private static func writeFrame(_ kind: UInt8, _ content: ByteBuffer, into frames: inout ByteBuffer) {
        frames.writeInteger(kind)
        // A QUIC integer of two bytes.
        frames.writeInteger(0x4000 | UInt16(content.readableBytes))
        frames.writeImmutableBuffer(content)
    }
}
