import Glibc
import NIOCore
import NIOPosix

extension ConnectionFault {
    /// What went wrong with a connection, in the system's few words where it was the network: NIO's own text nests four errors around them.
    static func text(of error: any Error) -> String {
        switch error {
        case let failure as NIOConnectionError:
            let errors =
                failure.connectionErrors.map(\.error) + [failure.dnsAError, failure.dnsAAAAError].compactMap(\.self)
            var texts: [String] = []
            for text in errors.map(self.text) where !texts.contains(text) { texts.append(text) }
            return texts.isEmpty ? "no address of \(failure.host)" : texts.joined(separator: ", ")
        case let error as IOError: return unsafe String(cString: strerror(error.errnoCode))
        default: return "\(error)"
        }
    }
}
