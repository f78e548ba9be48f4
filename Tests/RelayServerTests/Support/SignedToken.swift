import Crypto
import Foundation

/// Access tokens as only who knows the secret can make them.
enum SignedToken {
    /// With which relays under test sign.
    static let secret = String(repeating: "0123456789abcdef", count: 3)
    static let header = #"{"alg":"HS256","typ":"JWT"}"#

    static func encode(_ data: some DataProtocol) -> String {
        Data(data).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    static func make(_ header: String, _ claims: [String: Any], _ secret: String) throws -> String {
        let payload = try JSONSerialization.data(withJSONObject: claims)
        let text = self.encode(Data(header.utf8)) + "." + self.encode(payload)
        let key = SymmetricKey(data: Data(secret.utf8))
        return text + "." + self.encode(Data(HMAC<SHA256>.authenticationCode(for: Data(text.utf8), using: key)))
    }

    /// A good token that lives so long from now.
    static func make(of user: String, seconds: Int) throws -> String {
        let claims: [String: Any] = [
            "sub": user, "exp": Int(Date().timeIntervalSince1970) + seconds, "jti": UUID().uuidString,
        ]
        return try self.make(self.header, claims, self.secret)
    }
}
