import NIOCore
import NIOHTTP2

/// What one HTTP/2 connection may ask of the relay.
struct HTTP2Limits: Sendable {
    /// Requests at a time.
    var maxStreams: Int

    /// Bytes that a client may send on a stream before the relay has taken them, and on all streams of the connection together.
    static let window = 64 << 10
    /// What the library may unpack of a head, bytes. Larger than a head may be, so that the client can be told so: see ``StreamHead``.
    private static let maxHeadBytes = 128 << 10
    /// Bytes of a stream that wait for the client's window, before its writer is told to pause; and those at which it goes on.
    private static let waitingBytes = (most: 16 << 10, least: 8 << 10)
    /// In which frames of one kind are counted.
    private static let interval = TimeAmount.seconds(30)
    /// Resets of streams, errors of streams, and control frames, each in an interval.
    private static let maxFrames = 200
    /// Answers to control frames that wait for the client to read.
    private static let maxWaitingControlFrames = 1_000
    /// Empty frames of data in a row.
    private static let maxEmptyFrames = 16

    var connection: NIOHTTP2Handler.ConnectionConfiguration {
        var connection = NIOHTTP2Handler.ConnectionConfiguration()
        connection.initialSettings = [
            HTTP2Setting(parameter: .maxConcurrentStreams, value: self.maxStreams),
            HTTP2Setting(parameter: .maxHeaderListSize, value: Self.maxHeadBytes),
            HTTP2Setting(parameter: .initialWindowSize, value: Self.window),
            HTTP2Setting(parameter: .enableConnectProtocol, value: 1),
        ]
        connection.maximumSequentialEmptyDataFrames = Self.maxEmptyFrames
        connection.maximumBufferedControlFrames = Self.maxWaitingControlFrames
        connection.controlFrameRateLimit.maximumCount = Self.maxFrames
        connection.controlFrameRateLimit.windowLength = Self.interval
        connection.targetWindowSize = Self.window * 4
        return connection
    }

    var stream: NIOHTTP2Handler.StreamConfiguration {
        var stream = NIOHTTP2Handler.StreamConfiguration()
        stream.targetWindowSize = Self.window
        stream.outboundBufferSizeHighWatermark = Self.waitingBytes.most
        stream.outboundBufferSizeLowWatermark = Self.waitingBytes.least
        stream.streamResetFrameRateLimit.maximumCount = Self.maxFrames
        stream.streamResetFrameRateLimit.windowLength = Self.interval
        stream.streamErrorRateLimit.maximumCount = Self.maxFrames
        stream.streamErrorRateLimit.windowLength = Self.interval
        return stream
    }
}
