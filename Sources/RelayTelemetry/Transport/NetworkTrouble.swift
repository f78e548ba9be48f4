import Glibc
import NIOCore
import NIOPosix

/// What went wrong with a connection to another server, for people.
package enum NetworkTrouble {
    /// The system's few words where it was the network: NIO's own text nests others around them. Else the error's own text.
    package static func text(of error: any Error) -> String {
        switch error {
        case let failure as NIOConnectionError:
            // One for each address of the host; nearly always they are the same.
            guard let last = failure.connectionErrors.last else { return "no address of \(failure.host)" }
            return self.text(of: last.error)
        case let error as IOError: return unsafe String(cString: strerror(error.errnoCode)).lowercased()
        default: return "\(error)"
        }
    }
}
