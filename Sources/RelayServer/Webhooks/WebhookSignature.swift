import Crypto
import Foundation
import NIOCore
import RelayWire

/// By which a receiver knows that a body is the relay's: `sha256=` and the HMAC-SHA-256 of it under a secret that both have, in hexadecimal
/// digits.
enum WebhookSignature {
    /// - Parameter body: the bytes as they are sent.
    static func text(of body: ByteBuffer, under secret: Secret) -> String {
        let key = SymmetricKey(data: Data(secret.value.utf8))
        let code = HMAC<SHA256>.authenticationCode(for: Data(body.readableBytesView), using: key)
        return "sha256=" + String(hexadecimal: code)
    }
}
