import Logging

/// Keeps secrets out of the log: a value is never written if its key says that it may be one.
enum LogRedaction {
    private static let words = [
        "password", "passwd", "secret", "token", "authorization", "cookie", "credential", "apikey",
    ]
    /// Keys that hold one of the words but only describe or identify.
    private static let harmless: Set<String> = ["tokenid", "tokenjti", "tokentype", "tokenlifetime", "secretfile"]

    static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased().filter { $0.isLetter || $0.isNumber }
        guard !self.harmless.contains(key) else { return false }
        return self.words.contains { key.contains($0) }
    }

    static func redact(_ metadata: Logger.Metadata) -> Logger.Metadata {
        var redacted = metadata
        for (key, value) in metadata {
            redacted[key] = self.isSecret(key) ? .string(Secret.mask) : self.redact(value)
        }
        return redacted
    }

    private static func redact(_ value: Logger.MetadataValue) -> Logger.MetadataValue {
        switch value {
        case .string, .stringConvertible: value
        case .array(let values): .array(values.map { self.redact($0) })
        case .dictionary(let metadata): .dictionary(self.redact(metadata))
        }
    }
}
