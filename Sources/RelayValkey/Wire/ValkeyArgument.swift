public import NIOCore

/// One argument of a command: bytes, whatever they mean. Text goes as UTF-8 and numbers in decimal digits.
public struct ValkeyArgument: Sendable, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral {
    enum Storage: Sendable {
        case text(String)
        case buffer(ByteBuffer)
        /// Its digits are written straight into the command.
        case number(Int64)
    }

    let storage: Storage

    public init(_ text: String) {
        self.storage = .text(text)
    }

    /// The readable bytes of the buffer.
    public init(_ buffer: ByteBuffer) {
        self.storage = .buffer(buffer)
    }

    public init(_ number: some BinaryInteger) {
        if let number = Int64(exactly: number) {
            self.storage = .number(number)
        } else {
            self.storage = .text(String(number))
        }
    }

    public init(stringLiteral text: String) {
        self.init(text)
    }

    public init(integerLiteral number: Int) {
        self.init(number)
    }
}
