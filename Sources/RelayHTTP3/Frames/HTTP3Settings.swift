public import NIOCore
import RelayWire

/// What one side of a connection tells the other at its beginning (RFC 9114 section 7.2.4).
public struct HTTP3Settings: Hashable, Sendable {
    /// The largest field section that is taken, bytes as RFC 9114 section 4.2.2 counts them; nil: any.
    public var maxFieldSectionSize: UInt64?
    /// Extended CONNECT (RFC 9220).
    public var enablesConnectProtocol = false
    /// Datagrams of HTTP, by RFC 9297 or by the draft that browsers had before.
    public var hasDatagrams = false
    /// WebTransport, draft 02.
    public var enablesWebTransport = false

    private enum Number {
        static let maxFieldSectionSize: UInt64 = 0x06
        static let enableConnectProtocol: UInt64 = 0x08
        static let datagrams: UInt64 = 0x33
        static let draftDatagrams: UInt64 = 0xFFD277
        static let webTransport: UInt64 = 0x2B60_3742
        /// Of HTTP/2, and none of HTTP/3.
        static let forbidden: Set<UInt64> = [0x02, 0x03, 0x04, 0x05]
    }

    public init() {}

    /// - Parameter payload: of a frame SETTINGS.
    /// - Throws: a violation of the connection.
    public init(_ payload: ByteBuffer) throws(HTTP3Violation) {
        var payload = payload
        var seen: Set<UInt64> = []
        while payload.readableBytes > 0 {
            guard let number = payload.readQUICVarint(), let value = payload.readQUICVarint() else {
                throw .connection(.frameError, "SETTINGS are cut short")
            }
            guard seen.insert(number).inserted else { throw .connection(.settingsError, "A setting came twice") }
            try self.take(number, value)
        }
    }

    private mutating func take(_ number: UInt64, _ value: UInt64) throws(HTTP3Violation) {
        switch number {
        case Number.maxFieldSectionSize: self.maxFieldSectionSize = value
        case Number.enableConnectProtocol: self.enablesConnectProtocol = try Self.flag(value)
        case Number.datagrams: self.hasDatagrams = try Self.flag(value) || self.hasDatagrams
        case Number.draftDatagrams: self.hasDatagrams = try Self.flag(value) || self.hasDatagrams
        case Number.webTransport: self.enablesWebTransport = try Self.flag(value)
        default:
            if Number.forbidden.contains(number) { throw .connection(.settingsError, "A setting of HTTP/2") }
        }
    }

    private static func flag(_ value: UInt64) throws(HTTP3Violation) -> Bool {
        guard value <= 1 else { throw .connection(.settingsError, "A setting is neither 0 nor 1") }
        return value == 1
    }

    /// Writes the frame.
    public func write(into bytes: inout ByteBuffer) {
        var payload = ByteBuffer()
        func add(_ number: UInt64, _ value: UInt64) {
            payload.writeQUICVarint(number)
            payload.writeQUICVarint(value)
        }
        if let size = self.maxFieldSectionSize { add(Number.maxFieldSectionSize, size) }
        if self.enablesConnectProtocol { add(Number.enableConnectProtocol, 1) }
        if self.hasDatagrams {
            add(Number.datagrams, 1)
            add(Number.draftDatagrams, 1)
        }
        if self.enablesWebTransport { add(Number.webTransport, 1) }
        bytes.writeHTTP3FrameHeader(HTTP3FrameKind.settings, length: payload.readableBytes)
        bytes.writeImmutableBuffer(payload)
    }
}
