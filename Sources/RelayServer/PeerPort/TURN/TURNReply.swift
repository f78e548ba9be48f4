import Crypto
import NIOCore
import RelayWire

/// Who asked, as the signature of the request shows.
struct TURNCaller {
    let username: String
    /// The user's.
    let id: String
    let key: SymmetricKey
    /// How the request was signed, and how its answer is.
    let integrity: STUNIntegrity
}

/// What of a request its answers need. Holds none of the request's bytes, which may be a part of a large buffer.
struct TURNReply {
    private let header: STUNHeader
    private let hasFingerprint: Bool
    /// Bytes of an answer at most.
    private let limit: Int

    /// - Parameter isLimited: whether anybody may have sent it, so that the answer must not be longer than three times the request.
    init(to message: STUNMessage, isLimited: Bool) {
        self.header = message.header
        self.hasFingerprint = message.hasFingerprint
        let longest =
            isLimited ? STUNResponder.longestAnswer * message.bytes.readableBytes : STUNMessageWriter.maximumSize
        self.limit = longest - (message.hasFingerprint ? STUNMessageWriter.fingerprintSize : 0)
    }

    var transaction: STUNTransaction { self.header.transaction }

    func success(to caller: TURNCaller, _ add: (inout STUNMessageWriter) -> Void = { _ in }) -> ByteBuffer {
        var answer = self.begin(.success)
        add(&answer)
        return self.finish(&answer, signing: caller)
    }

    func error(_ error: STUNErrorCode, to caller: TURNCaller, notUnderstood types: [UInt16] = []) -> ByteBuffer {
        var answer = self.begin(.error)
        answer.add(error)
        if !types.isEmpty { answer.add(notUnderstood: types) }
        return self.finish(&answer, signing: caller)
    }

    /// An error that nobody signed a request for.
    ///
    /// - Parameter nonce: nil where the client can't mend it by another.
    /// - Returns: nil where the answer would be too long.
    func error(_ error: STUNErrorCode, nonce: String?) -> ByteBuffer? {
        var answer = self.begin(.error)
        guard answer.add(error) else { return nil }
        if let nonce {
            guard answer.add(.realm, text: TURNCredentials.realm), answer.add(.nonce, text: nonce) else { return nil }
        }
        return self.finish(&answer, signing: nil)
    }

    private func begin(_ outcome: STUNMessageType.Class) -> STUNMessageWriter {
        STUNMessageWriter(
            STUNMessageType(self.header.type.method, outcome),
            cookie: self.header.cookie,
            self.header.transaction,
            limit: self.limit
        )
    }

    private func finish(_ answer: inout STUNMessageWriter, signing caller: TURNCaller?) -> ByteBuffer {
        if let caller { answer.sign(caller.integrity) { caller.integrity.code(of: $0, key: caller.key) } }
        if self.hasFingerprint {
            answer.limit += STUNMessageWriter.fingerprintSize
            answer.addFingerprint()
        }
        return answer.bytes
    }
}

extension STUNIntegrity {
    func code(of bytes: ByteBufferView, key: SymmetricKey) -> [UInt8] {
        switch self {
        case .sha1: Array(HMAC<Insecure.SHA1>.authenticationCode(for: bytes, using: key))
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
        }
    }
}
