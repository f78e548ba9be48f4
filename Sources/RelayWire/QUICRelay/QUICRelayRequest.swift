public import NIOCore

/// What a client of the QUIC relay says on its control stream: one map of MessagePack.
public struct QUICRelayRequest: Hashable, Sendable {
    /// Comes back as `re` in the answer; nil for a client that gives none.
    public let id: UInt64?
    public let content: Content

    public enum Content: Hashable, Sendable {
        case auth(Auth)
        /// Asks for a number to sign, before `auth`.
        case challenge(session: String)
        /// Binds a tunnel to another peer. Its streams and datagrams begin with `tunnel` from then on. `kind` is for the other peer alone.
        case bind(to: String, tunnel: UInt64, kind: String)
        case unbind(tunnel: UInt64)
        /// Asks what tunnels have carried; nil for all of them.
        case stats(tunnel: UInt64?)
        /// Wants its data back. In memory shared with the message.
        case echo(ByteBuffer)
        /// Wants no more tunnels.
        case goAway
        /// What the client made of something that the relay has said.
        case error
    }

    /// Who the client is.
    public struct Auth: Hashable, Sendable {
        /// A peer's ticket, or the token of an account.
        public var ticket: String
        /// Of the key that the ticket names.
        public var proof: Proof?
        /// Which session, and as which peer of it, where the ticket doesn't say so.
        public var session: String?
        public var peer: String?

        public init(ticket: String, proof: Proof? = nil, session: String? = nil, peer: String? = nil) {
            self.ticket = ticket
            self.proof = proof
            self.session = session
            self.peer = peer
        }
    }

    /// A key's answer to a challenge, each in base64url.
    public struct Proof: Hashable, Sendable {
        public var nonce: String
        public var key: String
        public var signature: String

        public init(nonce: String, key: String, signature: String) {
            self.nonce = nonce
            self.key = key
            self.signature = signature
        }
    }

    public init(_ content: Content, id: UInt64? = nil) {
        self.content = content
        self.id = id
    }

    /// What a tunnel is where its client doesn't say.
    public static let usualKind = "stream"
    /// Of a kind. In bytes.
    public static let longestKind = 32

    /// - Parameter message: MessagePack, without the length in front. Bytes behind the map are ignored.
    /// - Throws: where it is no message that the relay knows.
    public init(_ message: ByteBuffer) throws(QUICRelayProblem) {
        var members = QUICRelayMembers(message)
        do throws(MessagePackError) {
            try members.find()
        } catch {
            throw QUICRelayProblem(.badMessage, error.message, id: nil)
        }
        let id = (try? members.optionalNumber(.id)).flatMap(\.self)
        let content: Content?
        do throws(MessagePackError) {
            content = try Self.content(members)
        } catch {
            throw QUICRelayProblem(.badMessage, error.message, id: id)
        }
        guard let content else { throw QUICRelayProblem(.unknownType, "No such type", id: id) }
        self.init(content, id: id)
    }

    private static func content(_ members: QUICRelayMembers) throws(MessagePackError) -> Content? {
        switch try members.text(.type) {
        case "auth": .auth(try self.auth(members))
        case "challenge": .challenge(session: try members.text(.session))
        case "bind":
            .bind(to: try members.text(.to), tunnel: try members.tunnel(), kind: try self.kind(members))
        case "unbind": .unbind(tunnel: try members.tunnel())
        case "stats": .stats(tunnel: members.has(.tunnel) ? try members.tunnel() : nil)
        case "echo": .echo(try members.bytes(.data))
        case "goaway": .goAway
        case "error": .error
        default: nil
        }
    }

    private static func auth(_ members: QUICRelayMembers) throws(MessagePackError) -> Auth {
        Auth(
            ticket: try members.text(.ticket),
            proof: try members.members(of: .proof).map { members throws(MessagePackError) in
                Proof(
                    nonce: try members.text(.nonce),
                    key: try members.text(.key),
                    signature: try members.text(.signature)
                )
            },
            session: try members.optionalText(.session),
            peer: try members.optionalText(.peer)
        )
    }

    private static func kind(_ members: QUICRelayMembers) throws(MessagePackError) -> String {
        let kind = try members.optionalText(.kind) ?? self.usualKind
        guard 1...self.longestKind ~= kind.utf8.count, kind.utf8.allSatisfy({ 0x21...0x7E ~= $0 }) else {
            throw MessagePackError("`kind` is 1 to \(self.longestKind) printable characters")
        }
        return kind
    }
}
