import Crypto
import NIOCore

/// A Lua script that the server runs at once and undivided. It is sent by its digest; the source follows where it isn't known.
public struct ValkeyScript: Sendable {
    public let source: String
    /// The SHA-1 digest of the source in hexadecimal digits, which is the script's name on the server.
    public let digest: String

    public init(_ source: String) {
        self.source = source
        let hex = Array("0123456789abcdef")
        self.digest = String(
            Insecure.SHA1.hash(data: Array(source.utf8)).flatMap { [hex[Int($0 >> 4)], hex[Int($0 & 15)]] }
        )
    }

    /// The command that runs it.
    ///
    /// - Parameters:
    ///   - keys: every key that the script touches, in a cluster all of one slot.
    ///   - withSource: for a server that does not know it, as its error `NOSCRIPT` says.
    public func command(keys: [ValkeyArgument], arguments: [ValkeyArgument], withSource: Bool) -> ValkeyCommand {
        let name: [ValkeyArgument] = withSource ? ["EVAL", .init(self.source)] : ["EVALSHA", .init(self.digest)]
        return ValkeyCommand(name + [.init(keys.count)] + keys + arguments)
    }
}
