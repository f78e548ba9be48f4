import RelayWire

extension SessionInvite {
    func write(to writer: inout DocumentWriter) {
        writer.write(self.id)
        writer.write(self.role.rawValue)
        writer.write(self.capabilities.rawValue)
        writer.write(self.usesLeft)
        writer.write(self.expiresAt)
        writer.write(self.isRevoked)
        writer.write(optional: self.maker) { $0.write($1) }
    }

    /// - Parameter version: of the document. The first had no makers.
    init(from reader: inout DocumentReader, version: UInt8) throws(SessionDocumentError) {
        self.id = try reader.readName()
        self.role = try reader.readRole()
        self.capabilities = try reader.readCapabilities(of: self.role)
        self.usesLeft = try reader.read(UInt32.self)
        self.expiresAt = try reader.readMoment()
        self.isRevoked = try reader.readFlag()
        self.maker =
            version < 2
            ? nil : try reader.readOptional { (reader) throws(SessionDocumentError) in try reader.readName() }
    }
}

extension RepeatableJoin {
    func write(to writer: inout DocumentWriter) {
        writer.write(raw: self.key.bytes)
        writer.write(optional: self.account) { $0.write($1) }
        writer.write(self.ticket)
        writer.write(self.until)
    }

    init(from reader: inout DocumentReader) throws(SessionDocumentError) {
        self.key = try reader.readDigest()
        self.account = try reader.readAccount()
        self.ticket = try reader.readName()
        self.until = try reader.readMoment()
    }
}

extension PeerOrigin {
    func write(to writer: inout DocumentWriter) {
        writer.write(self.peer)
        writer.write(self.mark)
    }

    init(from reader: inout DocumentReader) throws(SessionDocumentError) {
        self.peer = try reader.readName()
        self.mark = try reader.read(UInt64.self)
    }
}

extension PeerPlace {
    func write(to writer: inout DocumentWriter) {
        writer.write(self.peer)
        writer.write(self.node)
    }

    init(from reader: inout DocumentReader) throws(SessionDocumentError) {
        self.peer = try reader.readName()
        self.node = try reader.readName(NodeURLKind.self)
    }
}

extension SessionLock {
    func write(to writer: inout DocumentWriter) {
        writer.write(self.element)
        writer.write(self.holder)
        writer.write(self.fence)
        writer.write(self.leaseUntil)
    }

    init(from reader: inout DocumentReader) throws(SessionDocumentError) {
        self.element = try reader.readName()
        self.holder = try reader.readName()
        self.fence = try reader.read(UInt64.self)
        self.leaseUntil = try reader.readMoment()
    }
}

extension SessionTunnel {
    func write(to writer: inout DocumentWriter) {
        writer.write(self.id)
        writer.write(self.opener)
        writer.write(self.target)
        writer.write(optional: self.pendingUntil) { $0.write($1) }
        writer.write(optional: self.node) { $0.write($1) }
    }

    init(from reader: inout DocumentReader) throws(SessionDocumentError) {
        self.id = try reader.readName()
        self.opener = try reader.readName()
        self.target = try reader.readName()
        self.pendingUntil = try reader.readOptional { (reader) throws(SessionDocumentError) in
            try reader.readMoment()
        }
        self.node = try reader.readOptional { (reader) throws(SessionDocumentError) in
            try reader.readName(NodeURLKind.self)
        }
    }
}

extension SessionProxy {
    func write(to writer: inout DocumentWriter) {
        writer.write(self.id)
        writer.write(self.opener)
        writer.write(optional: self.target) { $0.write($1) }
        writer.write(self.node)
    }

    init(from reader: inout DocumentReader) throws(SessionDocumentError) {
        self.id = try reader.readName()
        self.opener = try reader.readName()
        self.target = try reader.readPeerID()
        self.node = try reader.readName(NodeURLKind.self)
    }
}

extension Session.State {
    private enum Code: UInt8 {
        case created = 0
        case active = 1
        case hostAway = 2
        case closing = 3
        case closed = 4
        case expired = 5
    }

    func write(to writer: inout DocumentWriter) {
        switch self {
        case .created(let claimBy):
            writer.write(Code.created.rawValue)
            writer.write(claimBy)
        case .active:
            writer.write(Code.active.rawValue)
        case .hostAway:
            writer.write(Code.hostAway.rawValue)
        case .closing(let at, let reason):
            writer.write(Code.closing.rawValue)
            writer.write(at)
            writer.write(reason.rawValue)
        case .closed(let at, let reason):
            writer.write(Code.closed.rawValue)
            writer.write(at)
            writer.write(reason.rawValue)
        case .expired(let at):
            writer.write(Code.expired.rawValue)
            writer.write(at)
        }
    }

    init(from reader: inout DocumentReader) throws(SessionDocumentError) {
        switch Code(rawValue: try reader.read(UInt8.self)) {
        case .created: self = .created(claimBy: try reader.readMoment())
        case .active: self = .active
        case .hostAway: self = .hostAway
        case .closing: self = .closing(at: try reader.readMoment(), try Self.readReason(&reader))
        case .closed: self = .closed(at: try reader.readMoment(), try Self.readReason(&reader))
        case .expired: self = .expired(at: try reader.readMoment())
        case nil: throw .damaged
        }
    }

    private static func readReason(_ reader: inout DocumentReader) throws(SessionDocumentError) -> CloseReason {
        guard let reason = CloseReason(rawValue: try reader.read(UInt8.self)) else { throw .damaged }
        return reason
    }
}
