import CNGTCP2
import NIOCore

/// What the library is told for each connection of one endpoint.
final class TransportSettings: Sendable {
    /// What the library takes for a connection in whatever state, bytes, beside twice what may come out of order.
    private static let memoryBase = 256 << 10
    /// For a stream whose bytes come out of order, bytes: it keeps them in blocks.
    private static let memoryPerStream = 32 << 10
    /// Of secrets, bytes.
    static let secretSize = Int(QUIC_SECRET_SIZE)

    let settings: QUICSettings
    /// Each with its length in front.
    private let protocols: [UInt8]
    private let resetSecret: [UInt8]
    private let tokenSecret: [UInt8]

    /// - Parameters:
    ///   - resetSecret: ``secretSize`` bytes.
    ///   - tokenSecret: the same. Tokens hold moments of this process' clock: so it ends with the process.
    init(_ settings: QUICSettings, resetSecret: [UInt8], tokenSecret: [UInt8]) {
        precondition(
            resetSecret.count == Self.secretSize && tokenSecret.count == Self.secretSize,
            "secrets have 32 bytes"
        )
        self.settings = settings
        self.protocols = settings.applicationProtocols.flatMap { name in
            precondition(1...255 ~= name.utf8.count, "a protocol's name has 1 to 255 bytes")
            return [UInt8(name.utf8.count)] + Array(name.utf8)
        }
        self.resetSecret = resetSecret
        self.tokenSecret = tokenSecret
    }

    static func makeSecret() -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        return (0..<Self.secretSize).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }

    func withResetSecret<Result>(_ body: (UnsafePointer<UInt8>?) -> Result) -> Result {
        unsafe self.resetSecret.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }

    func withTokenSecret<Result>(_ body: (UnsafePointer<UInt8>?) -> Result) -> Result {
        unsafe self.tokenSecret.withUnsafeBufferPointer { unsafe body($0.baseAddress) }
    }

    /// The settings in the form of the library, which copies what it keeps.
    func withLibrarySettings<Result>(_ body: (UnsafePointer<quic_settings>) -> Result) -> Result {
        unsafe self.protocols.withUnsafeBufferPointer { protocols in
            unsafe self.withResetSecret { reset in
                unsafe self.withTokenSecret { token in
                    var library = unsafe self.library(protocols, reset, token)
                    return unsafe body(&library)
                }
            }
        }
    }

    private func library(
        _ protocols: UnsafeBufferPointer<UInt8>,
        _ resetSecret: UnsafePointer<UInt8>?,
        _ tokenSecret: UnsafePointer<UInt8>?
    ) -> quic_settings {
        let settings = self.settings
        return unsafe quic_settings(
            protocols: protocols.baseAddress,
            protocols_size: protocols.count,
            idle_timeout: Self.nanoseconds(settings.idleTimeout),
            keep_alive: settings.keepAlive.map(Self.nanoseconds) ?? 0,
            handshake_timeout: Self.nanoseconds(settings.handshakeTimeout),
            stream_window: Self.size(settings.streamWindow),
            connection_window: Self.size(settings.connectionWindow),
            bidirectional_streams: Self.size(settings.bidirectionalStreams),
            unidirectional_streams: Self.size(settings.unidirectionalStreams),
            datagram_frame: Self.size(settings.datagramFrame),
            memory_base: Self.memoryBase + 2 * max(0, settings.connectionWindow),
            memory_per_stream: Self.memoryPerStream,
            reset_secret: resetSecret,
            token_secret: tokenSecret
        )
    }

    private static func nanoseconds(_ amount: TimeAmount) -> UInt64 { UInt64(max(0, amount.nanoseconds)) }

    /// The library takes no greater ones.
    private static func size(_ value: Int) -> UInt64 { min(UInt64(max(0, value)), 1 << 60) }
}
