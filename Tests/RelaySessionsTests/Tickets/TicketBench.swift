import RelayWire
import SeededRandom

@testable import RelaySessions

/// What the tests of tickets are made with: a cluster, its keys, a session, and a moment.
struct TicketBench {
    static let cluster = "cluster-1"
    static let now = Timestamp(microseconds: 1_700_000_000_250_000)
    static let session = name("0123456789abcdef0123456789abcdef", as: SessionIDKind.self)
    static let otherSession = name("fedcba9876543210fedcba9876543210", as: SessionIDKind.self)
    static let scope = TicketMinter.Scope(id: Self.session, endsAt: Self.now.adding(seconds: 86_400))

    let keys = TicketKeys(current: key(0))
    var generator = SeededGenerator(seed: 20)

    var minter: TicketMinter { TicketMinter(cluster: Self.cluster, keys: self.keys) }
    var verifier: TicketVerifier { TicketVerifier(cluster: Self.cluster, keys: self.keys) }

    static func name<Kind>(_ text: String, as kind: Kind.Type) -> BoundedName<Kind> {
        guard let name = BoundedName<Kind>(text) else { preconditionFailure("not a name: \(text)") }
        return name
    }

    /// The key whose seed is the 32 bytes from `first` on. That of the older programs' example is 0.
    static func key(_ first: UInt8) -> SigningKey {
        guard let seed = try? TicketSeed(bytes: Array(first..<first + 32)) else { preconditionFailure("32 bytes") }
        return SigningKey(seed)
    }

    static func peer(key: KeyThumbprint? = key(100).publicKey.thumbprint) -> PeerTicket {
        PeerTicket(
            id: name("00112233445566778899aabbccddeeff", as: TicketIDKind.self),
            peer: name("peer-a", as: PeerIDKind.self),
            account: name("account-1", as: AccountIDKind.self),
            role: .editor,
            key: key,
            node: "relay-2"
        )
    }

    mutating func invitation(uses: Int = 3) throws -> TicketMinter.Minted {
        try self.minter.invitation(
            to: Self.scope,
            as: .editor,
            uses: uses,
            id: .random(using: &self.generator),
            at: Self.now
        )
    }

    /// A ticket with any header and payload, which the cluster's key signed nonetheless.
    func signed(header: String? = nil, payload: String) -> String {
        let header =
            header.map { Sodium.base64(Array($0.utf8)) }
            ?? String(decoding: self.keys.verifying[0].header, as: UTF8.self)
        let text = "\(header).\(Sodium.base64(Array(payload.utf8)))"
        return "\(text).\(Sodium.base64(self.keys.current.sign(Array(text.utf8))))"
    }

    /// Nil where the ticket is taken.
    static func refusal(
        of text: String,
        by verifier: TicketVerifier,
        for session: SessionID = TicketBench.session,
        at now: Timestamp = TicketBench.now
    ) -> TicketRefusal? {
        do {
            _ = try verifier.verify(text, for: session, at: now)
            return nil
        } catch {
            return error
        }
    }

    /// All texts that differ from `text` by a byte changed, added or left out, or by what follows a place.
    static func mutations(of text: String) -> [String] {
        let bytes = Array(text.utf8)
        let letters = Array("A_-.=+/0z \u{0}é".utf8)
        var mutations: [[UInt8]] = []
        for offset in bytes.indices {
            for letter in letters + [bytes[offset] ^ 1, bytes[offset] ^ 0x20] where letter != bytes[offset] {
                mutations.append(Array(bytes[..<offset]) + [letter] + bytes[(offset + 1)...])
            }
            mutations.append(Array(bytes[..<offset]) + [letters[offset % letters.count]] + bytes[offset...])
            mutations.append(Array(bytes[..<offset]) + bytes[(offset + 1)...])
            mutations.append(Array(bytes[..<offset]))
            mutations.append(Array(bytes[offset...].dropFirst()))
        }
        return mutations.map { String(decoding: $0, as: UTF8.self) }.filter { $0 != text }
    }
}
