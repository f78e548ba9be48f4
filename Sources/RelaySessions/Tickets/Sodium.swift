import CSodium

/// The one place that touches libsodium, and with it unsafe pointers: Ed25519 (RFC 8032), and texts of bytes read in a time that tells
/// nothing of them.
enum Sodium {
    static let seedBytes = 32
    static let publicKeyBytes = 32
    static let secretKeyBytes = 64
    static let signatureBytes = 64

    /// How bytes are written as text (RFC 4648, sections 4 and 5). Each value has one text in each: everything else is refused.
    enum Base64: CaseIterable {
        case standard
        case standardUnpadded
        case url
        case urlUnpadded

        fileprivate var variant: CInt {
            switch self {
            case .standard: sodium_base64_VARIANT_ORIGINAL
            case .standardUnpadded: sodium_base64_VARIANT_ORIGINAL_NO_PADDING
            case .url: sodium_base64_VARIANT_URLSAFE
            case .urlUnpadded: sodium_base64_VARIANT_URLSAFE_NO_PADDING
            }
        }
    }

    /// Has libsodium choose code for this processor, once. That fails only where there are no random numbers, which nothing here draws.
    private static let isReady = sodium_init() >= 0

    /// - Parameter seed: of ``seedBytes``.
    static func keyPair(seed: [UInt8]) -> (publicKey: [UInt8], secretKey: [UInt8]) {
        precondition(seed.count == Self.seedBytes)
        _ = Self.isReady
        var publicKey = [UInt8](repeating: 0, count: Self.publicKeyBytes)
        var secretKey = [UInt8](repeating: 0, count: Self.secretKeyBytes)
        _ = unsafe crypto_sign_seed_keypair(&publicKey, &secretKey, seed)
        return (publicKey, secretKey)
    }

    /// - Parameter secretKey: of ``secretKeyBytes``.
    static func sign(_ message: [UInt8], by secretKey: [UInt8]) -> [UInt8] {
        precondition(secretKey.count == Self.secretKeyBytes)
        _ = Self.isReady
        var signature = [UInt8](repeating: 0, count: Self.signatureBytes)
        _ = unsafe crypto_sign_detached(&signature, nil, message, UInt64(message.count), secretKey)
        return signature
    }

    /// - Returns: false too for keys and signatures of another length, for keys of small order, and for a signature in another form than
    ///   the signer's.
    static func isValid(_ signature: [UInt8], of message: [UInt8], by publicKey: [UInt8]) -> Bool {
        guard signature.count == Self.signatureBytes, publicKey.count == Self.publicKeyBytes else { return false }
        _ = Self.isReady
        return unsafe crypto_sign_verify_detached(signature, message, UInt64(message.count), publicKey) == 0
    }

    static func base64(_ bytes: [UInt8], _ form: Base64 = .urlUnpadded) -> String {
        var text = [CChar](repeating: 0, count: sodium_base64_encoded_len(bytes.count, form.variant))
        _ = unsafe sodium_bin2base64(&text, text.count, bytes, bytes.count, form.variant)
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// - Parameter text: as long as the caller will have it: the length is the caller's to bound.
    /// - Returns: nil for foreign characters, wrong padding, and bits left over that are not zero.
    static func bytes(base64 text: some Collection<UInt8>, _ form: Base64 = .urlUnpadded) -> [UInt8]? {
        let text = text.map(CChar.init(bitPattern:))
        var bytes = [UInt8](repeating: 0, count: text.count / 4 * 3 + 3)
        var count = 0
        let code = unsafe sodium_base642bin(&bytes, bytes.count, text, text.count, nil, &count, nil, form.variant)
        return code == 0 ? Array(bytes.prefix(count)) : nil
    }

    /// Whether both hold the same bytes, in a time that tells nothing about where they differ. Lengths are not secret.
    static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return unsafe sodium_memcmp(left, right, left.count) == 0
    }
}
