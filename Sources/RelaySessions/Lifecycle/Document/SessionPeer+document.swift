import RelayWire

extension SessionPeer {
    func write(to writer: inout DocumentWriter) {
        writer.write(self.id)
        writer.write(optional: self.account) { $0.write($1) }
        writer.write(self.role.rawValue)
        writer.write(self.capabilities.rawValue)
        writer.write(optional: self.key) { $0.write(raw: $1.bytes) }
        writer.write(self.ticket)
        writer.write(self.redeemed)
        writer.write(self.cameByClaim)
        writer.write(raw: self.resume.bytes)
        writer.write(blob: self.profile)
        writer.write(self.joinedAt)
        writer.write(self.connection.rawValue)
        writer.write(optional: self.awayUntil) { $0.write($1) }
    }

    init(from reader: inout DocumentReader) throws(SessionDocumentError) {
        self.id = try reader.readName()
        self.account = try reader.readAccount()
        self.role = try reader.readRole()
        self.capabilities = try reader.readCapabilities(of: self.role)
        self.key = try reader.readKey()
        self.ticket = try reader.readName()
        self.redeemed = try reader.readName()
        self.cameByClaim = try reader.readFlag()
        self.resume = try reader.readDigest()
        self.profile = try reader.readBlob(atMost: SessionLimits.ceilings.profileBytes)
        self.joinedAt = try reader.readMoment()
        let connection = ConnectionID(try reader.read(UInt64.self))
        let until = try reader.readOptional { (reader) throws(SessionDocumentError) in try reader.readMoment() }
        self.presence = until.map { .away(last: connection, until: $0) } ?? .connected(connection)
    }
}

extension DepartedPeer {
    func write(to writer: inout DocumentWriter) {
        writer.write(self.id)
        writer.write(optional: self.account) { $0.write($1) }
        writer.write(self.role.rawValue)
        writer.write(self.capabilities.rawValue)
        writer.write(optional: self.key) { $0.write(raw: $1.bytes) }
        writer.write(self.ticket)
        writer.write(self.redeemed)
        writer.write(self.cameByClaim)
    }

    init(from reader: inout DocumentReader) throws(SessionDocumentError) {
        self.id = try reader.readName()
        self.account = try reader.readAccount()
        self.role = try reader.readRole()
        self.capabilities = try reader.readCapabilities(of: self.role)
        self.key = try reader.readKey()
        self.ticket = try reader.readName()
        self.redeemed = try reader.readName()
        self.cameByClaim = try reader.readFlag()
    }
}

extension HostIdentity {
    func write(to writer: inout DocumentWriter) {
        writer.write(self.peer)
        writer.write(optional: self.account) { $0.write($1) }
        writer.write(optional: self.key) { $0.write(raw: $1.bytes) }
        writer.write(self.ticket)
    }

    init(from reader: inout DocumentReader) throws(SessionDocumentError) {
        self.peer = try reader.readName()
        self.account = try reader.readAccount()
        self.key = try reader.readKey()
        self.ticket = try reader.readName()
    }
}

extension DocumentReader {
    mutating func readAccount() throws(SessionDocumentError) -> AccountID? {
        try self.readOptional { (reader) throws(SessionDocumentError) in try reader.readName(AccountIDKind.self) }
    }

    mutating func readPeerID() throws(SessionDocumentError) -> PeerID? {
        try self.readOptional { (reader) throws(SessionDocumentError) in try reader.readName(PeerIDKind.self) }
    }

    fileprivate mutating func readKey() throws(SessionDocumentError) -> KeyThumbprint? {
        try self.readOptional { (reader) throws(SessionDocumentError) in try reader.readDigest(KeyThumbprintKind.self) }
    }
}
