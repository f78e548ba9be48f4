public import NIOCore

/// What the server answers to one command.
public enum ValkeyReply: Sendable, Hashable {
    /// A bulk string: bytes, whatever they mean.
    case string(ByteBuffer)
    /// A simple string such as `OK`.
    case status(String)
    case integer(Int64)
    /// A null string or a null array.
    case null
    case array([ValkeyReply])
    /// Inside an array, or in the replies of several commands. One command's error is thrown as `ValkeyError.server`.
    case error(ValkeyServerError)
}

extension ValkeyReply {
    /// The bytes of a bulk string.
    public var buffer: ByteBuffer? {
        if case .string(let buffer) = self { buffer } else { nil }
    }

    /// The text of a bulk or simple string; bytes that are no UTF-8 are replaced.
    public var text: String? {
        switch self {
        case .string(let buffer): String(buffer: buffer)
        case .status(let text): text
        case .integer, .null, .array, .error: nil
        }
    }

    public var integer: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    public var array: [ValkeyReply]? {
        if case .array(let values) = self { values } else { nil }
    }

    public var isNull: Bool {
        self == .null
    }
}
