import Foundation
import NIOCore
import NIOPosix
import RelayQUIC
import RelayWire
import Testing

/// A client of the QUIC relay, which takes whatever certificate it is shown.
actor QUICPeer {
    enum News: Sendable {
        case opened
        /// Over the control stream, as JSON.
        case said(ByteBuffer)
        case stream(UInt64, ByteBuffer, isLast: Bool)
        case reset(UInt64, code: UInt64)
        case datagram(ByteBuffer)
        case ended(QUICEnd)
    }

    /// A member of a message.
    enum Member: Sendable {
        case text(String)
        case number(UInt64)
        case bytes(ByteBuffer)
    }

    /// Bytes in flight of a stream, for a peer whose client reads nothing.
    static let window = 64 << 10

    private let client: QUICClient
    private let loop: any EventLoop
    private let handler: NIOLoopBound<QUICPeerHandler>
    private let stream: AsyncStream<News>
    /// What has come and was not asked for yet.
    private var waiting: [News] = []

    private init(
        _ client: QUICClient,
        _ loop: any EventLoop,
        _ handler: NIOLoopBound<QUICPeerHandler>,
        _ stream: AsyncStream<News>
    ) {
        self.client = client
        self.loop = loop
        self.handler = handler
        self.stream = stream
    }

    /// Connects, and shows a ticket.
    ///
    /// - Parameter reads: whether more is let in than a window of each stream.
    static func enter(port: Int, ticket: String, reads: Bool = true) async throws -> QUICPeer {
        let peer = try await self.connect(port: port, reads: reads)
        try await peer.say("auth", ["ticket": .text(ticket)])
        _ = try await peer.hears("auth_ok")
        return peer
    }

    /// Connects, and says nothing.
    static func connect(port: Int, reads: Bool = true) async throws -> QUICPeer {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let (stream, news) = AsyncStream<News>.makeStream()
        let handler = try await loop.submit {
            NIOLoopBound(QUICPeerHandler(news, reads: reads), eventLoop: loop)
        }.get()
        var settings = QUICSettings(applicationProtocols: ["pulsar-relay/2"])
        settings.streamWindow = Self.window
        let client = try await QUICClient.connect(
            to: try SocketAddress(ipAddress: "127.0.0.1", port: port),
            settings,
            trusting: .unchecked,
            on: loop
        ) { handler.value }
        let peer = QUICPeer(client, loop, handler, stream)
        try await peer.next { if case .opened = $0 { () } else { nil } }
        return peer
    }

    func close() async { await self.client.close(code: 0) }

    // MARK: Saying

    func say(_ type: String, _ members: [String: Member]) async throws {
        var body = ByteBuffer()
        body.pack(mapOf: members.count + 1)
        body.pack(text: "type")
        body.pack(text: type)
        for (name, member) in members {
            body.pack(text: name)
            switch member {
            case .text(let text): body.pack(text: text)
            case .number(let number): body.pack(number)
            case .bytes(let bytes): body.pack(binary: bytes)
            }
        }
        var message = ByteBuffer()
        message.writeQUICVarint(UInt64(body.readableBytes))
        message.writeImmutableBuffer(body)
        try await self.onLoop { [message] in $0.say(message) }
    }

    /// - Returns: the stream's number in the connection.
    func open(_ tunnel: UInt64, _ bytes: ByteBuffer, isLast: Bool = false) async throws -> UInt64 {
        var all = ByteBuffer()
        all.writeQUICVarint(tunnel)
        all.writeImmutableBuffer(bytes)
        return try await self.onLoop { [all] in try $0.open(all, isLast: isLast) }
    }

    func write(_ bytes: ByteBuffer, isLast: Bool = false, to stream: UInt64) async throws {
        try await self.onLoop { $0.streams[stream]?.write(bytes, isLast: isLast) }
    }

    /// Bytes that were written to a stream, and that the relay has not taken.
    func held(of stream: UInt64) async throws -> Int { try await self.onLoop { $0.streams[stream]?.held ?? 0 } }

    func reset(_ stream: UInt64, code: UInt64) async throws {
        try await self.onLoop { $0.streams[stream]?.reset(code: code) }
    }

    /// Opens so many streams of a tunnel.
    ///
    /// - Returns: their numbers in the connection.
    func open(_ count: Int, of tunnel: UInt64) async throws -> [UInt64] {
        var head = ByteBuffer()
        head.writeQUICVarint(tunnel)
        return try await self.onLoop { [head] handler in
            try (0..<count).map { _ in try handler.open(head, isLast: false) }
        }
    }

    /// Gives streams up, in both directions.
    func giveUp(_ streams: [UInt64]) async throws {
        try await self.onLoop { handler in
            for stream in streams {
                handler.streams[stream]?.reset(code: 1)
                handler.streams[stream]?.stop(code: 1)
            }
        }
    }

    /// Lets in no more on the control stream than its window.
    func stopHearing() async throws { try await self.onLoop { $0.hears = false } }

    /// Lets in all that comes from now on.
    func readOn() async throws { try await self.onLoop { $0.readOn() } }

    func send(_ datagram: ByteBuffer, of tunnel: UInt64) async throws {
        var all = ByteBuffer()
        all.writeQUICVarint(tunnel)
        all.writeImmutableBuffer(datagram)
        try await self.onLoop { [all] in $0.send(all) }
    }

    private func onLoop<Value: Sendable>(
        _ body: @escaping @Sendable (QUICPeerHandler) throws -> Value
    ) async throws -> Value {
        let handler = self.handler
        return try await self.loop.submit { try body(handler.value) }.get()
    }

    // MARK: Hearing

    /// The first news that is wanted, which is taken out.
    ///
    /// - Throws: where the connection ends before, and that is not wanted.
    func next<Value: Sendable>(_ wanted: @Sendable (News) -> Value?) async throws -> Value {
        for (place, news) in self.waiting.enumerated() {
            guard let value = wanted(news) else { continue }
            self.waiting.remove(at: place)
            return value
        }
        for await news in self.stream {
            if let value = wanted(news) { return value }
            if case .ended(let end) = news { throw QUICPeerFailure(end: end) }
            self.waiting.append(news)
        }
        throw QUICPeerFailure(end: nil)
    }

    /// A message of this type, as a JSON object.
    func hears(_ type: String) async throws -> [String: String] {
        try await self.next { news in
            guard case .said(let json) = news,
                let object = try? JSONSerialization.jsonObject(with: Data(json.readableBytesView)) as? [String: Any],
                object["type"] as? String == type
            else { return nil }
            return object.mapValues { "\($0)" }
        }
    }

    /// All that comes on a stream until its end.
    func all(of stream: UInt64) async throws -> ByteBuffer {
        var all = ByteBuffer()
        while true {
            let (bytes, isLast) = try await self.next { news -> (ByteBuffer, Bool)? in
                guard case .stream(stream, let bytes, let isLast) = news else { return nil }
                return (bytes, isLast)
            }
            all.writeImmutableBuffer(bytes)
            if isLast { return all }
        }
    }

    /// What comes first on a stream of the other peer's.
    struct Accepted: Sendable {
        /// In the connection.
        let stream: UInt64
        let tunnel: UInt64?
        /// Behind the tunnel's number.
        let bytes: ByteBuffer
        let isLast: Bool
    }

    /// Waits for a stream of the other peer's with something in it.
    func accept() async throws -> Accepted {
        // The relay opens it.
        var (stream, bytes, isLast) = try await self.next { news -> (UInt64, ByteBuffer, Bool)? in
            guard case .stream(let stream, let bytes, let isLast) = news, stream & 1 == 1 else { return nil }
            return (stream, bytes, isLast)
        }
        let tunnel = bytes.readQUICVarint()
        while bytes.readableBytes == 0, !isLast {
            (bytes, isLast) = try await self.next { [stream] news -> (ByteBuffer, Bool)? in
                guard case .stream(stream, let bytes, let isLast) = news else { return nil }
                return (bytes, isLast)
            }
        }
        return Accepted(stream: stream, tunnel: tunnel, bytes: bytes, isLast: isLast)
    }
}

struct QUICPeerFailure: Error {
    let end: QUICEnd?
}

/// The client's side on its loop: hands on what happens.
final class QUICPeerHandler: QUICConnectionHandler, QUICStreamHandler {
    private let news: AsyncStream<QUICPeer.News>.Continuation
    private var reads: Bool
    /// Whether the control stream gets credit.
    var hears = true
    private var connection: QUICConnection?
    private var control: QUICStream?
    private var splitter = QUICRelaySplitter()
    private var early: [ByteBuffer] = []
    private(set) var streams: [UInt64: QUICStream] = [:]

    init(_ news: AsyncStream<QUICPeer.News>.Continuation, reads: Bool) {
        self.news = news
        self.reads = reads
    }

    func say(_ message: ByteBuffer) {
        if let control { control.write(message) } else { self.early.append(message) }
    }

    func open(_ bytes: ByteBuffer, isLast: Bool) throws -> UInt64 {
        guard let connection else { throw QUICProblem.notConnected }
        let stream = try connection.openStream(self)
        self.streams[stream.id] = stream
        stream.write(bytes, isLast: isLast)
        return stream.id
    }

    func send(_ datagram: ByteBuffer) { self.connection?.send(datagram: datagram) }

    func readOn() {
        self.reads = true
        for stream in self.streams.values { stream.grant(stream.owed) }
    }

    func connectionOpened(_ connection: QUICConnection) {
        self.connection = connection
        self.control = try? connection.openStream(self)
        for message in self.early { self.control?.write(message) }
        self.early = []
        self.news.yield(.opened)
    }

    func connection(_ connection: QUICConnection, acceptedStream stream: QUICStream) {
        stream.handler = self
        self.streams[stream.id] = stream
    }

    func connection(_ connection: QUICConnection, receivedDatagram bytes: ByteBuffer) {
        self.news.yield(.datagram(bytes))
    }

    func connection(_ connection: QUICConnection, endedBy end: QUICEnd) {
        self.connection = nil
        self.control = nil
        self.news.yield(.ended(end))
        self.news.finish()
    }

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        guard stream.id == 0 else {
            self.news.yield(.stream(stream.id, bytes, isLast: isLast))
            return self.reads ? stream.grant(bytes.readableBytes) : ()
        }
        if self.hears { stream.grant(bytes.readableBytes) }
        self.splitter.add(bytes)
        while let message = try? self.splitter.next() {
            if let json = try? MessagePackJSON.json(from: message) { self.news.yield(.said(json)) }
        }
    }

    func stream(_ stream: QUICStream, released count: Int) {}

    func stream(_ stream: QUICStream, wasResetWith code: UInt64) { self.news.yield(.reset(stream.id, code: code)) }

    func streamWasStopped(_ stream: QUICStream) {}

    func streamClosed(_ stream: QUICStream) { self.streams[stream.id] = nil }
}
