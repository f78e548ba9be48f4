public import NIOCore

/// A connection, at either side. Lives on one loop, and is used there alone.
public final class QUICConnection {
    /// What TLS holds for a handshake, bytes: measured, since it does not say.
    private static let handshakeMemory = 32 << 10
    private static let step = 4 << 10

    /// On which all of its calls are made.
    public let eventLoop: any EventLoop
    /// Whether it was opened by the peer.
    public let isServer: Bool
    /// Kept until the connection is over.
    public var handler: (any QUICConnectionHandler)?
    /// What both sides speak, by its name in ALPN. Empty before the handshake is done.
    public private(set) var applicationProtocol = ""
    /// Whether streams and datagrams can go.
    public private(set) var isOpen = false

    private let transport: Transport
    private let owner: any QUICConnectionOwner
    private let datagramQueue: Int
    private var streams: [UInt64: QUICStream] = [:]
    private(set) var path: Transport.Path
    /// Whether its handshake was done.
    private(set) var wasOpen = false
    private var wantsStreams = false
    /// How the application wants it to end.
    private var closing: (code: UInt64, reason: String)?
    private(set) var isOver = false

    // What its owner keeps about it.
    /// All ids that packets for it may have.
    var ids: Set<ConnectionID> = []
    /// Whether its owner is to look at it.
    var isTouched = false
    var timer: Scheduled<Void>?
    var timerMoment: NIODeadline?
    /// What is charged for it, bytes.
    var charged = 0
    /// As whom it was let in; nil at a client.
    let guest: AdmissionBook.Guest?

    init(
        _ transport: Transport,
        isServer: Bool,
        path: Transport.Path,
        owner: any QUICConnectionOwner,
        datagramQueue: Int,
        guest: AdmissionBook.Guest?
    ) {
        self.transport = transport
        self.isServer = isServer
        self.path = path
        self.owner = owner
        self.eventLoop = owner.loop
        self.datagramQueue = datagramQueue
        self.guest = guest
        transport.ids = self
    }

    // MARK: What it is like

    /// Where the peer is now.
    public var peer: SocketAddress { self.path.remote.socketAddress }

    /// The longest datagram that the peer takes and a packet on this way carries now, bytes; 0 where it takes none.
    public var largestDatagram: Int { self.isOpen ? self.transport.largestDatagram : 0 }

    /// What the connection holds in memory, bytes: its state, streams, what has come out of order, what is written and not released, and datagrams
    /// that wait. Not what was received and handed on, nor a handshake's TLS.
    public var memory: Int { self.transport.memory }

    // MARK: What it does

    /// Opens a stream in both directions. The peer learns of it with its first bytes.
    public func openStream(_ handler: any QUICStreamHandler) throws(QUICProblem) -> QUICStream {
        try self.open(handler, isBidirectional: true)
    }

    /// Opens a stream that goes from here to the peer.
    public func openUnidirectionalStream(_ handler: any QUICStreamHandler) throws(QUICProblem) -> QUICStream {
        try self.open(handler, isBidirectional: false)
    }

    private func open(_ handler: any QUICStreamHandler, isBidirectional: Bool) throws(QUICProblem) -> QUICStream {
        guard self.isOpen else { throw .notConnected }
        guard let id = self.transport.openStream(isBidirectional: isBidirectional) else {
            self.wantsStreams = true
            throw .noStreamLeft
        }
        let stream = QUICStream(id: id, connection: self)
        stream.handler = handler
        self.streams[id] = stream
        return stream
    }

    /// Sends a datagram now or never (RFC 9221), at the end of this turn of the loop.
    ///
    /// - Returns: false where it is dropped: too long (``largestDatagram``), or too much waits already.
    @discardableResult
    public func send(datagram: ByteBuffer) -> Bool {
        guard self.isOpen, datagram.readableBytes <= self.transport.largestDatagram,
            self.transport.waitingDatagrams + datagram.readableBytes <= self.datagramQueue
        else {
            return false
        }
        self.transport.send(datagram: datagram)
        self.owner.touch(self)
        return true
    }

    /// Ends the connection: streams end as they are, and the peer is told. The handler is told in a later turn of the loop.
    ///
    /// - Parameters:
    ///   - code: of the application's protocol, below 2^62.
    ///   - reason: for people; the peer gets 256 bytes of it at most.
    public func close(code: UInt64, reason: String = "") {
        guard !self.isOver, self.closing == nil else { return }
        self.closing = (code, reason)
        self.isOpen = false
        self.owner.touch(self)
    }

    /// Goes on with new keys (RFC 9001 section 6), which the library does of itself before old ones wear out.
    ///
    /// - Returns: whether it can now.
    func updateKeys() -> Bool {
        let isUpdating = self.transport.updateKeys(at: self.eventLoop.now)
        self.owner.touch(self)
        return isUpdating
    }

    /// Goes on from another address of this machine, once that is found to work.
    ///
    /// - Returns: whether it can now.
    func migrate(from local: PeerAddress) -> Bool {
        let path = Transport.Path(local: local, remote: self.path.remote)
        let isMigrating = self.transport.migrate(to: path, at: self.eventLoop.now)
        self.owner.touch(self)
        return isMigrating
    }

    // MARK: For its streams

    func write(_ bytes: ByteBuffer, isLast: Bool, to stream: QUICStream) -> Bool {
        guard self.isOpen, self.transport.write(bytes, isLast: isLast, to: stream.id) else { return false }
        self.owner.touch(self)
        return true
    }

    /// Lets the peer send so many bytes more on the connection, for streams on which it sends nothing more.
    ///
    /// - Parameter count: bytes, which ``QUICStream/takeOwed()`` has given.
    public func grant(_ count: Int) { self.grant(count, on: nil) }

    /// - Parameter stream: nil where it is not known any more.
    func grant(_ count: Int, on stream: QUICStream?) {
        guard count > 0, !self.isOver else { return }
        if let stream { self.transport.grant(count, on: stream.id) } else { self.transport.grant(count) }
        self.owner.touch(self)
    }

    func reset(_ stream: QUICStream, code: UInt64) {
        guard !self.isOver else { return }
        self.transport.reset(stream.id, code: code)
        self.owner.touch(self)
    }

    func stop(_ stream: QUICStream, code: UInt64) {
        guard !self.isOver else { return }
        self.transport.stop(stream.id, code: code)
        self.owner.touch(self)
    }

    // MARK: For its owner

    /// What is to be charged for it, bytes: in steps, so that most packets change nothing.
    var due: Int {
        let handshake = self.isServer && !self.wasOpen ? Self.handshakeMemory : 0
        return (self.transport.memory + handshake + Self.step - 1) / Self.step * Self.step
    }

    /// Ends it with an error of the transport.
    func fail(_ code: UInt64) { self.transport.fail(code) }

    func receive(_ bytes: UnsafeRawBufferPointer, on path: Transport.Path, at now: NIODeadline) -> Transport.Outcome {
        unsafe self.transport.receive(bytes, on: path, at: now)
    }

    var expiry: NIODeadline? { self.transport.expiry }

    func expire(at now: NIODeadline) -> Transport.Outcome { self.transport.expire(at: now) }

    /// Tells of all that has happened, and what it leads to.
    ///
    /// - Returns: how it is to end, where the application has said so.
    func tellEvents() -> (code: UInt64, reason: String)? {
        var events = self.transport.takeEvents()
        while !events.isEmpty {
            for event in events { self.tell(event) }
            events = self.transport.takeEvents()
        }
        return self.closing
    }

    /// Whether something is to be told.
    var hasEvents: Bool { self.transport.hasEvents }

    /// Writes what may be sent now.
    ///
    /// - Returns: whether that failed, and the connection with it.
    func write(into run: PacketRun, at now: NIODeadline) -> Bool {
        var left = max(self.transport.quantum, 1)
        var hasWritten = false
        defer { if hasWritten { self.transport.sent(at: now) } }
        while left > 0 {
            let written = unsafe run.addPacket { unsafe self.transport.write(into: $0, at: now) }
            switch written {
            case .nothing: return false
            case .failed: return true
            case .packet(let size, _):
                hasWritten = true
                left -= size
            }
        }
        return false
    }

    /// Writes the packet that tells the peer of the end.
    ///
    /// - Returns: the packet, for late packets of the peer; nil where nothing is said.
    func writeClose(into run: PacketRun, at now: NIODeadline) -> ByteBuffer? {
        let (code, reason) = self.closing ?? (0, "")
        let written = unsafe run.addPacket {
            unsafe self.transport.writeClose(code: code, reason: reason, into: $0, at: now)
        }
        guard case .packet(let size, _) = written else { return nil }
        return run.lastPacket(size)
    }

    var closingTime: TimeAmount { self.transport.closingTime }

    /// Why the library says that it is over.
    var transportEnd: QUICEnd { self.transport.end }

    /// It is over: tells its streams and its handler, and gives back all memory.
    func finish(_ end: QUICEnd) {
        guard !self.isOver else { return }
        self.isOver = true
        self.isOpen = false
        let events = self.transport.takeEvents()
        for event in events { self.tell(event) }
        self.transport.free()
        for (_, stream) in self.streams.sorted(by: { $0.key < $1.key }) {
            if stream.held > 0 { stream.released(stream.held) }
            stream.closed(code: nil)
        }
        self.streams = [:]
        let handler = self.handler
        self.handler = nil
        handler?.connection(self, endedBy: end)
    }

    // MARK: What has happened

    private func tell(_ event: TransportEvent) {
        switch event {
        case .handshakeDone(let name): self.opened(name)
        case .streamOpened(let id): self.accepted(QUICStream(id: id, connection: self))
        case .streamReceived(let id, let bytes, let isLast): self.received(bytes, isLast, on: id)
        case .streamReleased(let id, let count): self.streams[id]?.released(count)
        case .streamReset(let id, let code): self.streams[id]?.wasReset(code: code)
        case .streamStopped(let id): self.streams[id]?.wasStopped()
        case .streamClosed(let id, let code): self.streams.removeValue(forKey: id)?.closed(code: code)
        case .streamsAllowed: self.streamsAllowed()
        case .datagram(let bytes): self.handler?.connection(self, receivedDatagram: bytes)
        case .moved(let remote): self.moved(to: remote)
        case .token(let token): self.owner.took(token: token)
        }
    }

    private func opened(_ name: String) {
        self.applicationProtocol = name
        guard self.closing == nil, !self.isOver else { return }
        self.isOpen = true
        self.wasOpen = true
        self.owner.opened(self)
        guard let handler else { return self.close(code: 0) }
        handler.connectionOpened(self)
    }

    private func accepted(_ stream: QUICStream) {
        self.streams[stream.id] = stream
        if self.isOpen { self.handler?.connection(self, acceptedStream: stream) }
        guard stream.handler == nil else { return }
        stream.stop(code: 0)
        if stream.isWritable { stream.reset(code: 0) }
    }

    private func received(_ bytes: ByteBuffer, _ isLast: Bool, on id: UInt64) {
        guard let stream = self.streams[id] else { return self.grant(bytes.readableBytes, on: nil) }
        stream.received(bytes, isLast: isLast)
    }

    private func streamsAllowed() {
        guard self.wantsStreams, self.isOpen else { return }
        self.wantsStreams = false
        self.handler?.connectionMayOpenStreams(self)
    }

    private func moved(to remote: PeerAddress) {
        guard self.path.remote != remote else { return }
        self.path.remote = remote
        self.handler?.connection(self, movedTo: remote.socketAddress)
    }
}

extension QUICConnection: ConnectionIDOwner {
    func made(_ id: ConnectionID) -> ConnectionID { self.owner.made(id, for: self) }

    func retired(_ id: ConnectionID) { self.owner.retired(id, of: self) }
}
