/// A header that the collector of telemetry wants to see: it may hold a key.
public struct OTLPHeader: Hashable, Sendable {
    /// In lower case.
    public let name: String
    /// Printable ASCII.
    public let value: String

    /// Reads `name=value`.
    ///
    /// - Parameter text: one header.
    /// - Returns: nil where it is none, or one that the relay sets itself.
    public init?(_ text: String) {
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let name = text[..<equals].lowercased()
        let value = String(text[text.index(after: equals)...])
        let isToken = name.utf8.allSatisfy {
            $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
                || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        guard !name.isEmpty, isToken, !Self.own.contains(name), !name.hasPrefix("grpc-"),
            !value.isEmpty, value.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        self.name = name
        self.value = value
    }

    private static let own: Set<String> = [
        "connection", "content-length", "content-type", "host", "te", "transfer-encoding", "upgrade", "user-agent",
    ]
}

/// Something that the operator says of this relay to whoever reads its telemetry: `deployment.environment.name=production`.
public struct ResourceAttribute: Hashable, Sendable {
    /// What it tells: `deployment.environment.name`.
    public let name: String
    /// What is said of it: `production`.
    public let value: String

    /// Reads `name=value`.
    ///
    /// - Parameter text: one attribute.
    /// - Returns: nil where it is none.
    public init?(_ text: String) {
        guard let equals = text.firstIndex(of: "="), equals > text.startIndex, text.utf8.count <= 1_024 else {
            return nil
        }
        self.name = String(text[..<equals])
        self.value = String(text[text.index(after: equals)...])
    }
}
