import CNGTCP2
import NIOCore

/// The library's connection: packets in, packets out. Lives on one loop.
///
/// All pointers of the library are here. It tells what happens while it is called, and may not be called from there: so events are kept, and
/// whoever called takes them afterwards.
@safe final class Transport {
    /// What has to follow from a packet or from time.
    enum Outcome {
        case goesOn
        /// The peer is to be told of an error by ``writeClose(code:reason:into:at:)``.
        case mustClose
        case isOver
        case wantsRetry
    }

    /// What one call of ``write(into:at:)`` makes.
    enum Written {
        case nothing
        case packet(size: Int, to: Path)
        case failed
    }

    struct Path: Hashable {
        var local: PeerAddress
        var remote: PeerAddress
    }

    private var connection: OpaquePointer?
    /// Asked for the connection's ids, as soon as its handshake is done.
    weak var ids: (any ConnectionIDOwner)?
    private var events = TransportEvents()

    // MARK: Beginning

    private init() {}

    /// A server's, for a client's first packet, which is then to be given to ``receive(_:on:at:)``.
    ///
    /// - Parameters:
    ///   - id: the connection's own.
    ///   - original: the id that the client had chosen before a Retry.
    ///   - isProved: whether the client's token was good.
    /// - Returns: nil without memory.
    static func accept(
        _ packet: quic_packet,
        id: ConnectionID,
        original: quic_id?,
        isProved: Bool,
        on path: Path,
        _ settings: TransportSettings,
        _ certificate: QUICCertificate,
        at now: NIODeadline
    ) -> Transport? {
        let transport = Transport()
        var packet = unsafe packet
        var id = id.id
        var path = path.library
        unsafe transport.connection = settings.withLibrarySettings { settings in
            unsafe withOptionalPointer(original) { original in
                unsafe quic_connection_accept(
                    &packet,
                    &id,
                    original,
                    isProved,
                    &path,
                    settings,
                    certificate.pointer,
                    transport.owner,
                    now.uptimeNanoseconds
                )
            }
        }
        return unsafe transport.connection == nil ? nil : transport
    }

    /// A client's.
    ///
    /// - Parameters:
    ///   - name: the server's.
    ///   - digests: of the certificates that it may have; empty: any.
    ///   - token: of an earlier connection to it.
    static func connect(
        name: String?,
        digests: [UInt8],
        token: [UInt8],
        id: ConnectionID,
        on path: Path,
        _ settings: TransportSettings,
        at now: NIODeadline
    ) -> Transport? {
        let transport = Transport()
        var id = id.id
        var path = path.library
        unsafe transport.connection = settings.withLibrarySettings { settings in
            unsafe digests.withUnsafeBufferPointer { digests in
                unsafe token.withUnsafeBufferPointer { token in
                    unsafe withOptionalCString(name) { name in
                        var server = unsafe quic_server(
                            name: name,
                            digests: digests.baseAddress,
                            digest_count: digests.count / 32,
                            token: token.baseAddress,
                            token_size: token.count
                        )
                        let now = now.uptimeNanoseconds
                        return unsafe quic_connection_connect(&server, &id, &path, settings, transport.owner, now)
                    }
                }
            }
        }
        return unsafe transport.connection == nil ? nil : transport
    }

    deinit { self.free() }

    /// Gives back all memory. What is asked for afterwards does nothing.
    func free() {
        guard let connection = unsafe self.connection else { return }
        unsafe self.connection = nil
        unsafe quic_connection_free(connection)
    }

    // MARK: Packets and time

    func receive(_ bytes: UnsafeRawBufferPointer, on path: Path, at now: NIODeadline) -> Outcome {
        guard let connection = unsafe self.connection else { return .isOver }
        var path = path.library
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return Self.outcome(
            unsafe quic_connection_receive(connection, &path, start, bytes.count, now.uptimeNanoseconds)
        )
    }

    /// - Parameter bytes: takes ``largestPacket``.
    func write(into bytes: UnsafeMutableRawBufferPointer, at now: NIODeadline) -> Written {
        guard let connection = unsafe self.connection, bytes.count >= Self.largestPacket else { return .nothing }
        var path = quic_path()
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let size = unsafe quic_connection_write(connection, start, &path, now.uptimeNanoseconds)
        guard size != 0 else { return .nothing }
        return size > 0 ? .packet(size: size, to: Path(path)) : .failed
    }

    /// Any packet that is made here, bytes.
    static let largestPacket = Int(QUIC_PACKET_MOST)

    /// What was written has been handed to the system.
    func sent(at now: NIODeadline) {
        guard let connection = unsafe self.connection else { return }
        unsafe quic_connection_sent(connection, now.uptimeNanoseconds)
    }

    /// How much to write at a time, bytes.
    var quantum: Int { unsafe self.connection.map { unsafe quic_connection_quantum($0) } ?? 0 }

    /// When time is to be told; nil: never.
    var expiry: NIODeadline? {
        guard let connection = unsafe self.connection else { return nil }
        let moment = unsafe quic_connection_expiry(connection)
        return moment > UInt64(Int64.max) ? nil : .uptimeNanoseconds(moment)
    }

    func expire(at now: NIODeadline) -> Outcome {
        guard let connection = unsafe self.connection else { return .isOver }
        return Self.outcome(unsafe quic_connection_expire(connection, now.uptimeNanoseconds))
    }

    private static func outcome(_ outcome: quic_outcome) -> Outcome {
        switch outcome {
        case QUIC_GOES_ON: .goesOn
        case QUIC_MUST_CLOSE: .mustClose
        case QUIC_WANTS_RETRY: .wantsRetry
        default: .isOver
        }
    }

    // MARK: The end

    /// Ends it with an error of the transport, for ``writeClose(code:reason:into:at:)``.
    func fail(_ code: UInt64) {
        guard let connection = unsafe self.connection else { return }
        unsafe quic_connection_fail(connection, code)
    }

    /// - Returns: as ``write(into:at:)``, never `failed`.
    func writeClose(
        code: UInt64,
        reason: String,
        into bytes: UnsafeMutableRawBufferPointer,
        at now: NIODeadline
    ) -> Written {
        guard let connection = unsafe self.connection, bytes.count >= Self.largestPacket else { return .nothing }
        var path = quic_path()
        let text = Array(reason.utf8)
        let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let size = unsafe text.withUnsafeBufferPointer {
            unsafe quic_connection_write_close(
                connection,
                code,
                $0.baseAddress,
                $0.count,
                start,
                &path,
                now.uptimeNanoseconds
            )
        }
        return size > 0 ? .packet(size: size, to: Path(path)) : .nothing
    }

    /// Why it is over, where the library says so.
    var end: QUICEnd {
        guard let connection = unsafe self.connection else { return .idle }
        var end = unsafe quic_end()
        unsafe quic_connection_end(connection, &end)
        let side: QUICEnd.Side = unsafe end.is_of_peer ? .peer : .here
        let code = unsafe end.code
        let reason = unsafe String(
            decoding: UnsafeBufferPointer(start: end.reason, count: end.reason_size),
            as: UTF8.self
        )
        switch unsafe end.kind {
        case QUIC_END_APPLICATION: return .application(code: code, reason: reason, by: side)
        case QUIC_END_IDLE: return .idle
        case QUIC_END_HANDSHAKE_TIMEOUT: return .handshakeTimeout
        case QUIC_END_RESET: return .reset
        case QUIC_END_NO_VERSION: return .noCommonVersion
        default: return .transport(code: code, reason: reason, by: side)
        }
    }

    /// For how long packets of the peer may come after the end.
    var closingTime: TimeAmount {
        guard let connection = unsafe self.connection else { return .zero }
        return .nanoseconds(Int64(clamping: unsafe quic_connection_closing_time(connection)))
    }

    // MARK: What it is like

    /// Bytes.
    var memory: Int { unsafe self.connection.map { unsafe quic_connection_memory($0) } ?? 0 }

    var largestDatagram: Int { unsafe self.connection.map { unsafe quic_connection_largest_datagram($0) } ?? 0 }

    /// Bytes.
    var waitingDatagrams: Int { unsafe self.connection.map { unsafe quic_connection_waiting_datagrams($0) } ?? 0 }

    // MARK: Streams and datagrams

    func openStream(isBidirectional: Bool) -> UInt64? {
        guard let connection = unsafe self.connection else { return nil }
        return UInt64(exactly: unsafe quic_stream_open(connection, isBidirectional))
    }

    /// - Returns: whether the bytes are taken.
    func write(_ bytes: ByteBuffer, isLast: Bool, to stream: UInt64) -> Bool {
        guard let connection = unsafe self.connection else { return false }
        return unsafe Self.handOver(bytes) { start, size, storage in
            unsafe quic_stream_write(connection, Int64(stream), start, size, isLast, storage)
        }
    }

    func send(datagram bytes: ByteBuffer) {
        guard let connection = unsafe self.connection else { return }
        _ = unsafe Self.handOver(bytes) { start, size, storage in
            unsafe quic_connection_send_datagram(connection, start, size, storage)
            return true
        }
    }

    func grant(_ count: Int, on stream: UInt64) {
        guard let connection = unsafe self.connection else { return }
        unsafe quic_stream_grant(connection, Int64(stream), UInt64(count))
    }

    func grant(_ count: Int) {
        guard let connection = unsafe self.connection else { return }
        unsafe quic_connection_grant(connection, UInt64(count))
    }

    func reset(_ stream: UInt64, code: UInt64) {
        guard let connection = unsafe self.connection else { return }
        unsafe quic_stream_reset(connection, Int64(stream), code)
    }

    func stop(_ stream: UInt64, code: UInt64) {
        guard let connection = unsafe self.connection else { return }
        unsafe quic_stream_stop(connection, Int64(stream), code)
    }

    func updateKeys(at now: NIODeadline) -> Bool {
        guard let connection = unsafe self.connection else { return false }
        return unsafe quic_connection_update_keys(connection, now.uptimeNanoseconds)
    }

    func migrate(to path: Path, at now: NIODeadline) -> Bool {
        guard let connection = unsafe self.connection else { return false }
        var path = path.library
        return unsafe quic_connection_migrate(connection, &path, now.uptimeNanoseconds)
    }

    /// The bytes stay where they are: their memory is kept until the library gives it back.
    private static func handOver(
        _ bytes: ByteBuffer,
        _ body: (UnsafePointer<UInt8>?, Int, UnsafeMutableRawPointer) -> Bool
    ) -> Bool {
        unsafe bytes.withUnsafeReadableBytesWithStorageManagement { bytes, storage in
            let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            let isTaken = unsafe body(start, bytes.count, storage.retain().toOpaque())
            if !isTaken { unsafe storage.release() }
            return isTaken
        }
    }

    // MARK: Events

    /// What has happened since the last time, in its order.
    func takeEvents() -> [TransportEvent] { self.events.take() }

    /// Whether something has happened that was not taken.
    var hasEvents: Bool { !self.events.isEmpty }

    private var owner: quic_owner {
        unsafe quic_owner(
            owner: Unmanaged.passUnretained(self).toOpaque(),
            happened: { owner, event in
                guard let owner = unsafe owner, let event = unsafe event else { return }
                let transport = unsafe Unmanaged<Transport>.fromOpaque(owner).takeUnretainedValue()
                unsafe transport.happened(event.pointee)
            },
            release: { storage in
                guard let storage = unsafe storage else { return }
                unsafe Unmanaged<AnyObject>.fromOpaque(storage).release()
            }
        )
    }

    private func happened(_ event: quic_event) {
        let stream = UInt64(bitPattern: unsafe event.stream)
        let bytes = unsafe UnsafeRawBufferPointer(start: event.bytes, count: event.bytes == nil ? 0 : event.size)
        switch unsafe event.kind {
        case QUIC_EVENT_STREAM_DATA: unsafe self.events.received(bytes, on: stream, isLast: event.is_last)
        case QUIC_EVENT_STREAM_RELEASED: self.events.released(unsafe event.size, on: stream)
        case QUIC_EVENT_ID_MADE:
            guard let id = unsafe event.id, let ids else { return }
            unsafe id.pointee = ids.made(ConnectionID(id.pointee)).id
        case QUIC_EVENT_ID_RETIRED: unsafe event.id.map { unsafe self.ids?.retired(ConnectionID($0.pointee)) }
        case QUIC_EVENT_HANDSHAKE_DONE: self.events.add(.handshakeDone(unsafe String(decoding: bytes, as: UTF8.self)))
        case QUIC_EVENT_STREAM_OPENED: self.events.add(.streamOpened(stream))
        case QUIC_EVENT_STREAM_RESET: self.events.add(.streamReset(stream, code: unsafe event.code))
        case QUIC_EVENT_STREAM_STOPPED: self.events.add(.streamStopped(stream))
        case QUIC_EVENT_STREAM_CLOSED:
            self.events.add(.streamClosed(stream, code: unsafe event.has_code ? event.code : nil))
        case QUIC_EVENT_STREAMS_ALLOWED: self.events.add(.streamsAllowed)
        case QUIC_EVENT_DATAGRAM: self.events.add(.datagram(unsafe ByteBuffer(bytes: bytes)))
        case QUIC_EVENT_MOVED: unsafe event.remote.map { unsafe self.events.add(.moved(PeerAddress($0.pointee))) }
        case QUIC_EVENT_TOKEN: self.events.add(.token(unsafe Array(bytes)))
        default: preconditionFailure("unknown event of QUIC")
        }
    }
}

private func withOptionalPointer<Value, Result>(_ value: Value?, _ body: (UnsafePointer<Value>?) -> Result) -> Result {
    guard let value else { return body(nil) }
    return unsafe withUnsafePointer(to: value) { unsafe body($0) }
}

private func withOptionalCString<Result>(_ text: String?, _ body: (UnsafePointer<CChar>?) -> Result) -> Result {
    guard let text else { return body(nil) }
    return unsafe text.withCString { unsafe body($0) }
}

extension Transport.Path {
    fileprivate init(_ path: quic_path) {
        self.init(local: PeerAddress(path.local), remote: PeerAddress(path.remote))
    }

    fileprivate var library: quic_path { quic_path(local: self.local.address, remote: self.remote.address) }
}
