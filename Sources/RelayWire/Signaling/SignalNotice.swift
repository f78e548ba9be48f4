public import NIOCore

/// What the relay itself says to one signaling socket.
public enum SignalNotice: Hashable, Sendable {
    case joined(Joined)
    case pong(requestID: ByteBuffer?)
    case error(Failure)
    /// The relay is stopping: the client connects again.
    ///
    /// - Parameter alternate: URL of another relay, where to; nil for where it is.
    case serverDraining(alternate: String? = nil)
    /// Messages of a topic are lost to this socket.
    ///
    /// - Parameters:
    ///   - after: what it had last.
    ///   - resumedFrom: the oldest that is kept; nil where nothing is.
    ///   - epoch: names the history in which the topic goes on; nil where it has none.
    case gap(SignalTopic, after: MessageID, resumedFrom: MessageID?, epoch: String?)
    case kicked(session: String, reason: String)
    /// The lock is the client's, already. A lock that is new is told to all by the session.
    case lockGranted(element: String, peer: String, fence: UInt64, requestID: ByteBuffer?)
    case lockDenied(element: String, holder: String?, reason: String, requestID: ByteBuffer?)
    case permissionGranted(element: String, permission: String, requestID: ByteBuffer?)
    case permissionDenied(element: String, permission: String, reason: String, requestID: ByteBuffer?)
    /// A ticket in place of the one that the client has.
    case ticketRenewed(token: String, expiresAt: Int64)

    /// The answer to a `join`.
    public struct Joined: Hashable, Sendable {
        public var dialect: SignalDialect
        public var session: String
        public var you: String
        /// The host first, then by the time of joining.
        public var roster: [Peer]
        /// Nil where nobody is host.
        public var host: String?
        /// The peer's own ticket.
        public var token: String
        /// Shown when coming back.
        public var resume: String
        public var serverTimeMilliseconds: UInt64
        /// Where delivery begins.
        public var cursors: [SignalTopic: MessageID]
        /// The histories that the cursors belong to, where there are any.
        public var epochs: [SignalTopic: String]
        public var requestID: ByteBuffer?

        public init(
            dialect: SignalDialect,
            session: String,
            you: String,
            roster: [Peer],
            host: String?,
            token: String,
            resume: String,
            serverTimeMilliseconds: UInt64,
            cursors: [SignalTopic: MessageID] = [:],
            epochs: [SignalTopic: String] = [:],
            requestID: ByteBuffer? = nil
        ) {
            self.dialect = dialect
            self.session = session
            self.you = you
            self.roster = roster
            self.host = host
            self.token = token
            self.resume = resume
            self.serverTimeMilliseconds = serverTimeMilliseconds
            self.cursors = cursors
            self.epochs = epochs
            self.requestID = requestID
        }
    }

    public struct Peer: Hashable, Sendable {
        public var id: String
        public var role: String
        /// The thumbprint of its identity key; nil where it has shown none.
        public var key: String?
        /// A JSON object, as it is; nil for none.
        public var profile: ByteBuffer?

        public init(id: String, role: String, key: String? = nil, profile: ByteBuffer? = nil) {
            self.id = id
            self.role = role
            self.key = key
            self.profile = profile
        }
    }

    public struct Failure: Hashable, Sendable {
        public var code: String
        public var message: String
        /// Whether the same message may succeed later.
        public var isRetryable: Bool
        /// `id` of what it answers, as sent.
        public var requestID: ByteBuffer?

        public init(code: String, message: String, isRetryable: Bool = false, requestID: ByteBuffer? = nil) {
            self.code = code
            self.message = message
            self.isRetryable = isRetryable
            self.requestID = requestID
        }

        public init(_ problem: SignalProblem) {
            self.init(code: problem.code.rawValue, message: problem.message, requestID: problem.requestID)
        }
    }

    /// Writes a whole WebSocket text frame.
    public func writeFramed(into buffer: inout ByteBuffer) {
        let size = JSONSize.of { self.put(into: &$0) }
        buffer.reserveCapacity(minimumWritableBytes: WebSocketFraming.headerSize(payloadSize: size) + size)
        WebSocketFraming.writeHeader(.text, payloadSize: size, into: &buffer)
        buffer.writeWithOutputRawSpan(minimumWritableBytes: size) { self.put(into: &$0) }
    }

    // MARK: Layout

    private func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        switch self {
        case .joined(let joined): joined.put(into: &sink)
        case .pong(let requestID):
            sink.put(#"{"type":"pong""#)
            sink.putEnd(answering: requestID)
        case .error(let failure): failure.put(into: &sink)
        case .serverDraining(let alternate):
            sink.put(#"{"type":"server_draining""#)
            if let alternate {
                sink.put(#","alternate":"#)
                sink.put(text: alternate)
            }
            sink.put("}")
        case .gap(let topic, let after, let resumedFrom, let epoch):
            sink.put(#"{"type":"gap","topic":""#)
            sink.put(topic: topic)
            sink.put(#"","after":"#)
            sink.put(after)
            sink.put(#","resumed_from":"#)
            sink.put(idOrNull: resumedFrom)
            if let epoch {
                sink.put(#","epoch":"#)
                sink.put(text: epoch)
            }
            sink.put("}")
        case .kicked(let session, let reason):
            sink.put(#"{"type":"kicked","session_id":"#)
            sink.put(text: session)
            sink.put(#","reason":"#)
            sink.put(text: reason)
            sink.put("}")
        case .lockGranted, .lockDenied, .permissionGranted, .permissionDenied: self.putAnswer(into: &sink)
        case .ticketRenewed(let token, let expiresAt):
            sink.put(#"{"type":"ticket_renewed","join_token":"#)
            sink.put(text: token)
            sink.put(#","expires_at":"#)
            sink.put(UInt64(clamping: expiresAt))
            sink.put("}")
        }
    }

    /// The answers about elements.
    private func putAnswer(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        switch self {
        case .lockGranted(let element, let peer, let fence, let requestID):
            sink.put(#"{"type":"lock_granted","element_id":"#)
            sink.put(text: element)
            sink.put(#","peer_id":"#)
            sink.put(text: peer)
            sink.put(#","fence":"#)
            sink.put(fence)
            sink.putEnd(answering: requestID)
        case .lockDenied(let element, let holder, let reason, let requestID):
            sink.put(#"{"type":"lock_denied","element_id":"#)
            sink.put(text: element)
            sink.put(#","peer_id":"#)
            sink.put(textOrNull: holder)
            sink.put(#","reason":"#)
            sink.put(text: reason)
            sink.putEnd(answering: requestID)
        case .permissionGranted(let element, let permission, let requestID):
            sink.put(#"{"type":"permission_granted","element_id":"#)
            sink.put(text: element)
            sink.put(#","permission":"#)
            sink.put(text: permission)
            sink.putEnd(answering: requestID)
        case .permissionDenied(let element, let permission, let reason, let requestID):
            sink.put(#"{"type":"permission_denied","element_id":"#)
            sink.put(text: element)
            sink.put(#","permission":"#)
            sink.put(text: permission)
            sink.put(#","reason":"#)
            sink.put(text: reason)
            sink.putEnd(answering: requestID)
        case .joined, .pong, .error, .serverDraining, .gap, .kicked, .ticketRenewed: break
        }
    }
}

extension SignalNotice.Failure {
    fileprivate func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"type":"error","code":"#)
        sink.put(text: self.code)
        sink.put(#","message":"#)
        sink.put(text: self.message)
        sink.put(self.isRetryable ? #","retryable":true"# : #","retryable":false"#)
        sink.putEnd(answering: self.requestID)
    }
}

extension SignalNotice.Joined {
    fileprivate func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        switch self.dialect {
        case .g3, .g2, .g1:
            sink.put(#"{"type":"joined","session_id":"#)
            sink.put(text: self.session)
            sink.put(#","peer_id":"#)
            sink.put(text: self.you)
            self.putMembers(into: &sink)
        case .core:
            sink.put(#"{"type":"joined","session":{"session_id":"#)
            sink.put(text: self.session)
            sink.put(#","host_peer_id":"#)
            sink.put(textOrNull: self.host)
            sink.put(#"},"your_peer_id":"#)
            sink.put(text: self.you)
            self.putMembers(into: &sink)
        }
    }

    /// What is the same in all dialects.
    private func putMembers(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#","participants":["#)
        sink.putList(self.roster) { $1.put(text: $0.id) }
        sink.put(#"],"join_token":"#)
        sink.put(text: self.token)
        sink.put(#","participant_profiles":["#)
        sink.putList(self.roster.compactMap(\.profile)) { $1.put(json: $0) }
        sink.put(#"],"you":"#)
        sink.put(text: self.you)
        sink.put(#","host_peer_id":"#)
        sink.put(textOrNull: self.host)
        sink.put(#","roster":["#)
        sink.putList(self.roster) { $0.put(into: &$1) }
        sink.put(#"],"server_time_ms":"#)
        sink.put(self.serverTimeMilliseconds)
        sink.put(#","resume":"#)
        sink.put(text: self.resume)
        sink.put(#","cursors":{"#)
        let cursors = SignalTopic.allCases.compactMap { topic in self.cursors[topic].map { (topic, $0) } }
        sink.putList(cursors) { cursor, sink in
            sink.put("\"")
            sink.put(topic: cursor.0)
            sink.put(#"":"#)
            sink.put(cursor.1)
        }
        let epochs = SignalTopic.allCases.compactMap { topic in self.epochs[topic].map { (topic, $0) } }
        sink.put(#"},"epochs":{"#)
        sink.putList(epochs) { epoch, sink in
            sink.put("\"")
            sink.put(topic: epoch.0)
            sink.put(#"":"#)
            sink.put(text: epoch.1)
        }
        sink.put("}")
        sink.putEnd(answering: self.requestID)
    }
}

extension SignalNotice.Peer {
    fileprivate func put(into sink: inout (some JSONSink & ~Copyable & ~Escapable)) {
        sink.put(#"{"peer_id":"#)
        sink.put(text: self.id)
        sink.put(#","role":"#)
        sink.put(text: self.role)
        sink.put(#","key":"#)
        sink.put(textOrNull: self.key)
        sink.put(#","profile":"#)
        if let profile = self.profile { sink.put(json: profile) } else { sink.put("null") }
        sink.put("}")
    }
}

extension JSONSink where Self: ~Copyable & ~Escapable {
    /// `re`, where there is one, and the end of the object.
    fileprivate mutating func putEnd(answering requestID: ByteBuffer?) {
        if let requestID {
            self.put(#","re":"#)
            self.put(json: requestID)
        }
        self.put("}")
    }
}
