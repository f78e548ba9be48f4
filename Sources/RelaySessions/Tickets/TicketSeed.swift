import RelayWire

/// What the relay's Ed25519 key is made from (RFC 8032, section 5.1.5): 32 bytes that nobody else may know. Never described in clear.
public struct TicketSeed: Hashable, Sendable, CustomStringConvertible {
    /// Why a setting holds no seed. Says nothing of what it holds instead.
    public enum Problem: Error, Hashable, Sendable, CustomStringConvertible {
        /// A text, or what a file holds, is in none of the forms.
        case notASeed
        /// The file that the setting names is not there, or can't be read.
        case unreadableFile(path: String)

        public var description: String {
            switch self {
            case .notASeed: "an Ed25519 key is 64 hex digits, or base64 or base64url of 32 bytes, or file:PATH"
            case .unreadableFile(let path): "the Ed25519 key's file \(path) can't be read"
            }
        }
    }

    /// No form is longer. A file may have white space besides, up to ``maximumFileBytes``.
    private static let maximumTextBytes = 64
    /// What is read of a file at most.
    public static let maximumFileBytes = 256
    private static let filePrefix = "file:"

    /// 32 bytes. Secret.
    let bytes: [UInt8]

    /// - Parameter bytes: exactly 32, else `notASeed`.
    public init(bytes: [UInt8]) throws(Problem) {
        guard bytes.count == Sodium.seedBytes else { throw .notASeed }
        self.bytes = bytes
    }

    /// - Parameter text: 64 hex digits of either case; or base64 or base64url of 32 bytes, with or without padding. Nothing else: no blanks,
    ///   and no text that only resembles one of these.
    public init(text: String) throws(Problem) {
        try self.init(text: Array(text.utf8.prefix(Self.maximumTextBytes + 1)))
    }

    private init(text: [UInt8]) throws(Problem) {
        guard text.count <= Self.maximumTextBytes else { throw .notASeed }
        if let bytes = Hexadecimal.bytes(text), bytes.count == Sodium.seedBytes {
            try self.init(bytes: bytes)
            return
        }
        for form in Sodium.Base64.allCases {
            guard let bytes = Sodium.bytes(base64: text, form), bytes.count == Sodium.seedBytes else { continue }
            try self.init(bytes: bytes)
            return
        }
        throw .notASeed
    }

    /// - Parameter fileContents: one of the texts with white space around it, or the 32 bytes themselves.
    public init(fileContents: [UInt8]) throws(Problem) {
        guard fileContents.count <= Self.maximumFileBytes else { throw .notASeed }
        if fileContents.count == Sodium.seedBytes {
            try self.init(bytes: fileContents)
            return
        }
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        let text = fileContents.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
        try self.init(text: Array(text))
    }

    /// The seed that a setting names: a text as above, or `file:PATH`.
    ///
    /// - Parameter readFile: the contents of the file at a path, up to a number of bytes; nil where it can't be read. Called for `file:`
    ///   only, with ``maximumFileBytes`` and one more, so that a longer file is seen to be one.
    public init(setting: String, readFile: (_ path: String, _ bytes: Int) -> [UInt8]?) throws(Problem) {
        guard setting.hasPrefix(Self.filePrefix) else {
            try self.init(text: setting)
            return
        }
        let path = String(setting.dropFirst(Self.filePrefix.count))
        guard let contents = readFile(path, Self.maximumFileBytes + 1) else { throw .unreadableFile(path: path) }
        try self.init(fileContents: contents)
    }

    /// A new one.
    ///
    /// - Parameter generator: the system's, but in tests.
    public init(using generator: inout some RandomNumberGenerator) {
        self.bytes = .random(Sodium.seedBytes, using: &generator)
    }

    /// Without the seed: it is a secret.
    public var description: String { "TicketSeed" }
}
