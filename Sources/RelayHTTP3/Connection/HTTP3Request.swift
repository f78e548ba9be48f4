public import NIOCore
public import RelayQUIC
import RelayWire

/// A request on its stream, and its answer. Lives on its connection's loop.
public final class HTTP3Request {
    /// Also after the request is closed.
    public let connection: HTTP3Connection
    /// Kept until the request is closed.
    public var handler: (any HTTP3RequestHandler)?
    /// Of the answer, what was written and has not reached the peer, bytes. They are held in memory: whoever writes bounds them.
    public var held: Int { self.stream.held }
    /// Of the answer, what was written in all, bytes; as ``held`` counts them.
    public private(set) var written: UInt64 = 0
    /// Whether all of the request has come.
    public private(set) var isComplete = false

    let began = NIODeadline.now()
    private let stream: QUICStream
    private var reader: HTTP3RequestReader
    /// Of the body, what was handed on and not granted again, bytes.
    private var lent = 0
    private var isCancelled = false
    /// Of a request for a session that is not open yet: the capsules that have come. Nil for all others.
    private var earlyCapsules: ByteBuffer?
    /// The session that it has opened, and the capsules that come on its stream.
    private var session: (WebTransportSession, CapsuleReader)?

    init(_ stream: QUICStream, _ connection: HTTP3Connection) {
        self.stream = stream
        self.connection = connection
        self.reader = HTTP3RequestReader(maxHeadBytes: connection.limits.maxHeadBytes)
    }

    /// Its stream's.
    public var id: UInt64 { self.stream.id }
    var awaitsHead: Bool { self.reader.awaitsHead }
    var heldBytes: Int { self.reader.heldBytes + (self.earlyCapsules?.readableBytes ?? 0) }

    // MARK: The answer

    /// Whether what is written goes to the peer.
    public var isWritable: Bool { self.stream.isWritable }

    /// Writes a head. An interim one (1xx) may come before.
    ///
    /// - Parameters:
    ///   - fields: `:status` first, names in small letters.
    ///   - isLast: whether that is all.
    public func write(_ fields: [HTTP3Field], isLast: Bool) {
        let section = QPACKEncoder.encode(fields)
        var bytes = ByteBuffer()
        bytes.writeHTTP3FrameHeader(HTTP3FrameKind.headers, length: section.readableBytes)
        bytes.writeImmutableBuffer(section)
        self.send(bytes, isLast: isLast)
    }

    private func send(_ bytes: ByteBuffer, isLast: Bool) {
        guard self.stream.isWritable else { return }
        self.written += UInt64(bytes.readableBytes)
        self.stream.write(bytes, isLast: isLast)
    }

    /// Content up to this size is copied behind its header: a piece of its own costs more.
    private static let smallContent = 1 << 10

    /// Writes a part of the body.
    ///
    /// - Parameter isLast: whether that is all; then `content` may be empty.
    public func write(_ content: ByteBuffer, isLast: Bool) {
        guard content.readableBytes > 0 else {
            if isLast { self.send(ByteBuffer(), isLast: true) }
            return
        }
        var bytes = ByteBuffer()
        bytes.writeHTTP3FrameHeader(HTTP3FrameKind.data, length: content.readableBytes)
        guard content.readableBytes > Self.smallContent else {
            bytes.writeImmutableBuffer(content)
            return self.send(bytes, isLast: isLast)
        }
        self.send(bytes, isLast: false)
        self.send(content, isLast: isLast)
    }

    // MARK: The request

    /// Lets the peer send so many bytes more of the body, since as many are held no more.
    public func grant(_ count: Int) {
        let count = min(count, self.lent)
        self.lent -= count
        self.stream.grant(count)
    }

    /// Reads no more of the request. The answer goes on.
    public func stop(_ code: HTTP3ErrorCode) { self.stream.stop(code: code.rawValue) }

    /// Gives up both directions.
    public func reset(_ code: HTTP3ErrorCode) {
        self.stream.stop(code: code.rawValue)
        self.stream.reset(code: code.rawValue)
    }

    // MARK: Sessions

    /// Opens the session that the request asks for. To be called after a head with the status 200 was written.
    ///
    /// Streams that came early are handed on now: from within this call.
    public func openSession(_ handler: any WebTransportSessionHandler) -> WebTransportSession {
        let session = WebTransportSession(self, handler)
        self.session = (session, CapsuleReader())
        self.connection.open(session)
        self.takeEarlyCapsules(of: session)
        return session
    }

    private func takeEarlyCapsules(of session: WebTransportSession) {
        guard let bytes = self.earlyCapsules.take(), bytes.readableBytes > 0 else { return }
        do throws(HTTP3Violation) {
            try self.take(bytes, of: session)
            self.stream.grant(bytes.readableBytes)
        } catch {
            self.failed(error)
        }
    }

    /// Bytes of a session's stream are its capsules, which are not kept.
    private func take(_ bytes: ByteBuffer, of session: WebTransportSession) throws(HTTP3Violation) {
        self.lent -= bytes.readableBytes
        guard var (_, capsules) = self.session else { return }
        let event = try capsules.receive(bytes)
        self.session = (session, capsules)
        if case .close(let code, let reason) = event { self.sessionEnded(code, reason) }
    }

    private func sessionEnded(_ code: UInt32, _ reason: String) {
        guard let (session, _) = self.session else { return }
        session.ended(code, reason)
    }
}

extension HTTP3Request: QUICStreamHandler {
    public func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {
        do throws(HTTP3Violation) {
            let events = try self.reader.receive(bytes, isLast: isLast)
            // Known to whoever is told of the head.
            self.isComplete = events.last == .end
            for event in events {
                if case .session(let id, let content) = event { return self.become(id, content, isLast) }
                try self.take(event)
            }
            stream.grant(stream.owed - self.lent - self.reader.heldBytes)
        } catch {
            self.failed(error)
        }
    }

    private func take(_ event: HTTP3RequestReader.Event) throws(HTTP3Violation) {
        switch event {
        case .head(let head):
            if head.asksForSession { self.earlyCapsules = ByteBuffer() }
            self.connection.received(head, of: self)
        case .headTooLarge: self.connection.foundTooLarge(self)
        case .body(let bytes):
            self.lent += bytes.readableBytes
            if let (session, _) = self.session { return try self.take(bytes, of: session) }
            if self.earlyCapsules?.writeImmutableBuffer(bytes) != nil { return }
            // Who reads nothing holds nothing.
            guard let handler = self.handler else { return self.lent -= bytes.readableBytes }
            handler.request(self, received: bytes)
        case .end:
            if let (_, capsules) = self.session {
                try capsules.end()
                self.sessionEnded(0, "")
            }
            self.handler?.requestEnded(self)
        case .session: break
        }
    }

    /// It is no request, but a stream of a session.
    private func become(_ session: UInt64, _ content: ByteBuffer, _ isLast: Bool) {
        let found = WebTransportStream(self.stream, of: session, content)
        self.stream.handler = found
        self.connection.found(found, instead: self)
        found.begin(isLast: isLast)
    }

    private func failed(_ violation: HTTP3Violation) {
        switch violation.scope {
        case .connection: self.connection.failed(violation)
        case .stream:
            self.reset(violation.code)
            self.cancelled()
        }
    }

    private func cancelled() {
        guard !self.isCancelled else { return }
        self.isCancelled = true
        self.sessionEnded(0, "")
        self.handler?.requestWasCancelled(self)
        self.connection.gaveUpStream()
    }

    public func stream(_ stream: QUICStream, released count: Int) { self.handler?.requestReleased(self) }

    public func stream(_ stream: QUICStream, wasResetWith code: UInt64) { self.cancelled() }

    public func streamWasStopped(_ stream: QUICStream) { self.cancelled() }

    public func streamClosed(_ stream: QUICStream) {
        self.sessionEnded(0, "")
        self.session = nil
        self.connection.closed(self)
        let handler = self.handler
        self.handler = nil
        handler?.requestClosed(self)
        // What nobody has taken is held by nobody now. The connection's credit for it would be gone for good.
        self.earlyCapsules = nil
        self.lent = 0
        stream.grant(stream.owed)
    }
}
