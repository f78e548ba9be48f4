import Crypto
import Foundation
import NIOHTTP1
import Testing

/// A peer's identity key, as a program of another maker would have it: everything here is made by RFC 9449 and API.md, and not by the relay's
/// own code.
struct TestIdentity: Sendable {
    private let key = Curve25519.Signing.PrivateKey()

    /// The public half in base64url.
    var text: String { Self.base64(self.key.publicKey.rawRepresentation) }

    /// What a join has to have for this key beside its other fields.
    func fields(for token: String, _ nonce: String, cluster: String = "pulsar-relay") throws -> [String: String] {
        let payload = try #require(Self.json(token.split(separator: ".")[1]))
        let (session, jti) = (payload["sid"] as? String ?? "", payload["jti"] as? String ?? "")
        let texts = ["pulsar-relay session ticket key proof 1", cluster, session, jti].map { Data($0.utf8) }
        let message = (texts + [try #require(Self.data(nonce))]).reduce(into: Data()) { message, field in
            message.append(contentsOf: [UInt8(field.count >> 8), UInt8(field.count & 0xFF)])
            message.append(field)
        }
        let signature = try self.key.signature(for: message)
        return ["key": self.text, "nonce": nonce, "signature": Self.base64(signature)]
    }

    /// A proof for one request (RFC 9449).
    func proof(
        _ method: String,
        _ address: String,
        token: String,
        id: String = UUID().uuidString,
        age: Int = 0
    ) throws -> String {
        let head: [String: Any] = [
            "typ": "dpop+jwt", "alg": "EdDSA", "jwk": ["kty": "OKP", "crv": "Ed25519", "x": self.text],
        ]
        let claims: [String: Any] = [
            "jti": id, "htm": method, "htu": address, "iat": Int(Date().timeIntervalSince1970) - age,
            "ath": Self.base64(Data(SHA256.hash(data: Data(token.utf8)))),
        ]
        let signed = try [head, claims].map { Self.base64(try JSONSerialization.data(withJSONObject: $0)) }
            .joined(separator: ".")
        return "\(signed).\(Self.base64(try self.key.signature(for: Data(signed.utf8))))"
    }

    private static func base64(_ data: Data) -> String {
        data.base64EncodedString().replacingOccurrences(of: "+", with: "-").replacingOccurrences(of: "/", with: "_")
            .replacingOccurrences(of: "=", with: "")
    }

    private static func data(_ text: some StringProtocol) -> Data? {
        let standard = text.replacingOccurrences(of: "-", with: "+").replacingOccurrences(of: "_", with: "/")
        return Data(base64Encoded: standard + String(repeating: "=", count: (4 - standard.count % 4) % 4))
    }

    private static func json(_ text: some StringProtocol) -> [String: Any]? {
        self.data(text).flatMap { try? JSONSerialization.jsonObject(with: $0) as? [String: Any] }
    }
}

extension TestIdentity {
    /// Joins with a proof of the key.
    func join(
        _ session: TestSession,
        _ peer: String,
        _ token: String,
        nonce: String? = nil,
        at relay: TestRelay? = nil,
        _ fields: [String: Any] = [:]
    ) async throws -> TestReply {
        let relay = relay ?? session.relay
        let number = if let nonce { nonce } else { try await self.nonce(session, at: relay) }
        let own: [String: Any] = ["peer_id": peer, "join_token": token]
        let body = own.merging(try self.fields(for: token, number)) { $1 }.merging(fields) { $1 }
        return try await relay.send(.POST, session.path + "/join", json: body)
    }

    func nonce(_ session: TestSession, at relay: TestRelay) async throws -> String {
        let drawn = try await relay.send(.POST, session.path + "/challenge", json: [:])
        return try #require(drawn.object["nonce"] as? String)
    }
}
