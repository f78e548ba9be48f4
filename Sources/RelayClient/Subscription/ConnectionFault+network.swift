import Glibc
import NIOCore
import NIOPosix
import NIOSSL

extension ConnectionFault {
    /// What went wrong with a connection, in the system's few words where it was the network: NIO's own text nests four errors around them.
    static func text(of error: any Error) -> String {
        switch error {
        case let failure as NIOConnectionError:
            // One for each address of the host; nearly always they are the same.
            guard let last = failure.connectionErrors.last else { return "no address of \(failure.host)" }
            return self.text(of: last.error)
        case let error as IOError: return unsafe String(cString: strerror(error.errnoCode))
        // Their own texts name files of the machine where this was built.
        case is NIOSSLError, is BoringSSLError: return "TLS failed"
        default: return "\(error)"
        }
    }
}
