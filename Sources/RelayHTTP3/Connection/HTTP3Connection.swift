public import NIOCore
public import RelayQUIC
import RelayWire

/// A server's side of HTTP/3 on a connection of QUIC (RFC 9114): its settings and control streams, its requests, and the sessions of WebTransport
/// (draft-ietf-webtrans-http3-02) that some of these open.
///
/// What a peer makes it hold is bounded by QUIC's credit: bytes are granted again once they are held no more. Lives on the connection's loop.
public final class HTTP3Connection {
    /// Kept until the connection is over.
    public var handler: (any HTTP3ConnectionHandler)?
    /// Nil before the handshake is done, and once the connection is over.
    public private(set) var transport: QUICConnection?

    let limits: HTTP3Limits
    private var control: QUICStream?
    private var only = OnlyStreams()
    private var requests: [UInt64: HTTP3Request] = [:]
    private var peerStreams: [UInt64: PeerStream] = [:]
    private var sessions: [UInt64: WebTransportSession] = [:]
    private var early: EarlyStreams<WebTransportStream>
    /// The first id of a request that is not taken any more; nil where all are.
    private var end: UInt64?
    /// The first id that no request of the peer's had yet.
    private var nextRequest: UInt64 = 0
    private var violation: HTTP3Violation?

    public init(_ limits: HTTP3Limits = HTTP3Limits()) {
        self.limits = limits
        self.early = EarlyStreams(.init(streams: limits.earlyStreams, patience: limits.earlyPatience))
    }

    /// Bytes that are kept of what has not come to its end: heads, beginnings of streams, streams that wait for their session.
    public var heldBytes: Int {
        self.requests.values.reduce(0) { $0 + $1.heldBytes }
            + self.peerStreams.values.reduce(0) { $0 + $1.heldBytes }
            + self.early.streams.reduce(0) { $0 + $1.owed }
    }

    // MARK: Its end

    /// Takes no further requests (GOAWAY). Those that are open go on.
    public func drain() {
        guard self.end == nil, let control = self.control else { return }
        self.end = self.nextRequest
        var payload = ByteBuffer()
        payload.writeQUICVarint(self.nextRequest)
        var bytes = ByteBuffer()
        bytes.writeHTTP3FrameHeader(HTTP3FrameKind.goAway, length: payload.readableBytes)
        bytes.writeImmutableBuffer(payload)
        control.write(bytes)
    }

    /// Ends the connection with all that lives on it. Harmless where it is over.
    ///
    /// - Parameter reason: for people.
    public func close(_ code: HTTP3ErrorCode, _ reason: String = "") {
        self.transport?.close(code: code.rawValue, reason: reason)
    }

    /// The peer has broken the protocol.
    func failed(_ violation: HTTP3Violation) {
        guard self.violation == nil else { return }
        self.violation = violation
        self.close(violation.code, violation.reason)
    }

    /// Gives up what takes too long. To be called about once a second.
    public func tick(_ now: NIODeadline) {
        for stream in self.early.expired(at: now) {
            stream.refuse(.bufferedStreamRejected)
            self.gaveUpStream()
        }
        let latest = now - self.limits.headPatience
        for request in Array(self.requests.values) where request.awaitsHead && request.began < latest {
            request.reset(.requestIncomplete)
        }
        for stream in Array(self.peerStreams.values) where stream.isUndecided && stream.began < latest {
            stream.refuse(.streamCreation)
        }
    }

    // MARK: Requests

    private func accepted(request stream: QUICStream) {
        self.nextRequest = max(self.nextRequest, stream.id + 4)
        guard stream.id < self.end ?? .max else {
            stream.stop(code: HTTP3ErrorCode.requestRejected.rawValue)
            return stream.reset(code: HTTP3ErrorCode.requestRejected.rawValue)
        }
        let request = HTTP3Request(stream, self)
        self.requests[stream.id] = request
        stream.handler = request
    }

    func received(_ head: HTTP3RequestHead, of request: HTTP3Request) {
        self.handler?.connection(self, received: head, of: request)
        if request.handler == nil { request.reset(.requestRejected) }
    }

    func foundTooLarge(_ request: HTTP3Request) {
        self.handler?.connection(self, foundTooLarge: request)
        if request.handler == nil { request.reset(.excessiveLoad) }
    }

    func closed(_ request: HTTP3Request) {
        guard self.requests.removeValue(forKey: request.id) != nil else { return }
        self.refuseEarly(of: request.id)
    }

    func gaveUpStream() { self.handler?.connectionGaveUpStream(self) }

    // MARK: Sessions

    /// Opens the session of a request that was answered with 200.
    func open(_ session: WebTransportSession) {
        self.sessions[session.id] = session
        for stream in self.early.opened(session.id) { session.accept(stream) }
    }

    func closed(_ session: WebTransportSession) {
        self.sessions[session.id] = nil
        self.refuseEarly(of: session.id)
    }

    private func refuseEarly(of session: UInt64) {
        for stream in self.early.ended(session) { stream.refuse(.sessionGone) }
    }

    /// What was taken for a request is a stream of a session.
    func found(_ stream: WebTransportStream, instead request: HTTP3Request) {
        self.requests[request.id] = nil
        self.found(stream)
    }

    private func found(_ stream: WebTransportStream) {
        // A session is called by its request's id.
        guard stream.sessionID & 3 == 0 else {
            return self.failed(.connection(.idError, "No session can have this id"))
        }
        if let session = self.sessions[stream.sessionID] { return session.accept(stream) }
        switch self.early.arrived(stream, of: stream.sessionID, at: .now()) {
        case .waits: return
        case .refused: stream.refuse(.bufferedStreamRejected)
        case .gone: stream.refuse(.sessionGone)
        }
        self.gaveUpStream()
    }

    // MARK: Streams in one direction

    func received(_ event: PeerStreamReader.Event, on stream: PeerStream) throws(HTTP3Violation) {
        switch event {
        case .began(let role):
            try self.only.opened(role)
            if role == .unknown { stream.refuse(.streamCreation) }
        // What the relay sends is within what every peer takes.
        case .settings, .goAway: break
        case .session(let id, let content):
            self.peerStreams[stream.id] = nil
            let found = WebTransportStream(stream.transport, of: id, content)
            stream.transport.handler = found
            self.found(found)
        }
    }

    func closed(_ stream: PeerStream) { self.peerStreams[stream.id] = nil }
}

extension HTTP3Connection: QUICConnectionHandler {
    public func connectionOpened(_ connection: QUICConnection) {
        self.transport = connection
        do throws(QUICProblem) {
            let control = try connection.openUnidirectionalStream(OwnControlStream(self))
            self.control = control
            var bytes = ByteBuffer()
            bytes.writeQUICVarint(HTTP3StreamKind.control)
            var settings = HTTP3Settings()
            settings.maxFieldSectionSize = UInt64(self.limits.maxHeadBytes)
            settings.enablesConnectProtocol = true
            settings.hasDatagrams = true
            settings.enablesWebTransport = true
            settings.write(into: &bytes)
            control.write(bytes)
        } catch {
            // Clients of HTTP/3 allow three (RFC 9114 section 6.2).
            self.failed(.connection(.streamCreation, "There is no room for a control stream"))
        }
    }

    public func connection(_ connection: QUICConnection, acceptedStream stream: QUICStream) {
        guard !stream.isBidirectional else { return self.accepted(request: stream) }
        let reader = PeerStream(stream, self)
        self.peerStreams[stream.id] = reader
        stream.handler = reader
    }

    /// A datagram names its session by a quarter of its id (RFC 9297 section 2.1).
    public func connection(_ connection: QUICConnection, receivedDatagram bytes: ByteBuffer) {
        var bytes = bytes
        guard let quarter = bytes.readQUICVarint(), quarter <= QUICVarint.maximum / 4 else {
            return self.failed(.connection(.idError, "A datagram names no session"))
        }
        self.sessions[quarter * 4]?.received(datagram: bytes)
    }

    public func connectionMayOpenStreams(_ connection: QUICConnection) {
        for session in Array(self.sessions.values) { session.mayOpenStreams() }
    }

    public func connection(_ connection: QUICConnection, endedBy end: QUICEnd) {
        self.transport = nil
        self.control = nil
        let handler = self.handler
        self.handler = nil
        handler?.connection(self, endedBy: end, self.violation)
    }
}

/// The control stream that goes to the peer. A peer that wants nothing of it breaks the protocol.
private final class OwnControlStream: QUICStreamHandler {
    private weak var connection: HTTP3Connection?

    init(_ connection: HTTP3Connection) {
        self.connection = connection
    }

    func stream(_ stream: QUICStream, received bytes: ByteBuffer, isLast: Bool) {}
    func stream(_ stream: QUICStream, released count: Int) {}
    func stream(_ stream: QUICStream, wasResetWith code: UInt64) {}

    func streamWasStopped(_ stream: QUICStream) {
        self.connection?.failed(.connection(.closedCriticalStream, "The control stream was stopped"))
    }

    func streamClosed(_ stream: QUICStream) {}
}
