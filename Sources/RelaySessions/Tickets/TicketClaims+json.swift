import NIOCore
import RelayWire

extension TicketClaims {
    /// The payload: compact JSON, with the claims in one order, so that the same claims are the same ticket.
    var payload: [UInt8] {
        var json = ByteBuffer()
        json.writeString(#"{"iss":"#)
        json.writeJSONString(self.issuer)
        json.writeMember("aud", text: self.audience)
        json.writeMember("sid", text: self.session.text)
        json.writeMember("sub", text: self.account?.text)
        json.writeMember("role", text: self.role.name)
        let capabilities = self.capabilities.names.map { #""\#($0)""# }
        json.writeString(#","cap":[\#(capabilities.joined(separator: ","))]"#)
        json.writeMember("jti", text: self.id.text)
        if let uses = self.uses { json.writeString(#","uses":\#(uses)"#) }
        json.writeString(#","iat":\#(self.issuedAt),"nbf":\#(self.notBefore),"exp":\#(self.expiresAt)"#)
        json.writeMember("peer", text: self.peer?.text)
        if let key = self.confirmation { json.writeString(#","cnf":{"jkt":"\#(key.text)"}"#) }
        json.writeMember("node", text: self.node)
        json.writeString("}")
        return Array(json.readableBytesView)
    }

    /// - Parameter payload: of a ticket whose signature is good. A claim that is not known is left alone, as RFC 7519 (section 4) wants, and
    ///   a capability that is not known is not given.
    init(payload: [UInt8]) throws(TicketRefusal) {
        let members = try PayloadMembers(payload)
        guard let role = SessionRole(name: try members.text("role")) else { throw .malformed }
        let capabilities = SessionCapabilities(names: try members.texts("cap"))
        let uses = try members.integerIfThere("uses")
        self.init(
            issuer: try members.text("iss"),
            audience: try members.text("aud"),
            session: try Self.name(try members.text("sid")),
            account: try Self.nameIfThere(try members.textIfThere("sub")),
            role: role,
            capabilities: capabilities.intersection(role.permittedCapabilities),
            id: try Self.name(try members.text("jti")),
            uses: uses.map { Int(clamping: $0) },
            issuedAt: try members.integer("iat"),
            notBefore: try members.integer("nbf"),
            expiresAt: try members.integer("exp"),
            peer: try Self.nameIfThere(try members.textIfThere("peer")),
            confirmation: try Self.confirmation(in: members),
            node: try members.textIfThere("node")
        )
        guard self.areConsistent else { throw .malformed }
    }

    private static func name<Kind>(_ text: String) throws(TicketRefusal) -> BoundedName<Kind> {
        guard let name = BoundedName<Kind>(text) else { throw .malformed }
        return name
    }

    private static func nameIfThere<Kind>(_ text: String?) throws(TicketRefusal) -> BoundedName<Kind>? {
        guard let text else { return nil }
        return try Self.name(text)
    }

    /// A confirmation of another kind (RFC 7800, section 3.1) is none that can be left alone: the ticket would be good without its key.
    private static func confirmation(in members: PayloadMembers) throws(TicketRefusal) -> KeyThumbprint? {
        guard let confirmation = try members.objectIfThere("cnf") else { return nil }
        guard let key = KeyThumbprint(text: try confirmation.text("jkt")) else { throw .malformed }
        return key
    }
}

extension ByteBuffer {
    /// Writes a member after others; nothing for nil.
    fileprivate mutating func writeMember(_ name: StaticString, text: String?) {
        guard let text else { return }
        self.writeString(#","\#(name)":"#)
        self.writeJSONString(text)
    }
}
