import CNGTCP2

/// A certificate chain with its key, ready for handshakes. Copies share it.
public struct QUICCertificate: Sendable {
    private let box: Box

    /// - Parameters:
    ///   - chain: PEM, the server's own first.
    ///   - key: PEM, not encrypted.
    public init(chain: [UInt8], key: [UInt8]) throws(QUICProblem) {
        if let absence = QUICLibrary.absence { throw .notBuiltIn(absence) }
        self.box = try Box(chain: chain, key: key)
    }

    /// Good for as long as the certificate.
    var pointer: OpaquePointer { unsafe self.box.pointer }

    /// The library's certificate, which threads may share: it is not changed, and its uses are counted atomically.
    @safe private final class Box: @unchecked Sendable {
        let pointer: OpaquePointer

        init(chain: [UInt8], key: [UInt8]) throws(QUICProblem) {
            var problem = [CChar](repeating: 0, count: 128)
            let made = unsafe quic_certificate_make(chain, chain.count, key, key.count, &problem, problem.count)
            guard let made = unsafe made else {
                throw .certificate(
                    String(decoding: problem.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                )
            }
            unsafe self.pointer = made
        }

        deinit { unsafe quic_certificate_release(self.pointer) }
    }
}
