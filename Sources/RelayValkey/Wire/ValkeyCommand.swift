import NIOCore

/// One command, already encoded: a value that holds one buffer, to be sent as often as one likes.
public struct ValkeyCommand: Sendable {
    /// What goes over the wire. Nil if its arguments are more than one command may hold (256 MiB, 1,048,576 arguments): sending it
    /// fails with `tooLarge`.
    let encoded: ByteBuffer?

    /// - Parameter arguments: the command's name first, as in `["SET", "key", ValkeyArgument(payload)]`. None is refused like too many.
    public init(_ arguments: [ValkeyArgument]) {
        self.encoded = CommandEncoder.encode(arguments)
    }

    public init(_ arguments: ValkeyArgument...) {
        self.init(arguments)
    }

    /// The command's bytes on the wire. 0 if it can't be sent.
    public var byteCount: Int {
        self.encoded?.readableBytes ?? 0
    }
}
