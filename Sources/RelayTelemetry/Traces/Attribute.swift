import RelayWire

/// Something known about a span or a log record.
public struct Attribute: Hashable, Sendable {
    /// What kind of thing it is.
    public enum Value: Hashable, Sendable {
        case text(String)
        case integer(Int)
        case boolean(Bool)
    }

    /// As OpenTelemetry's conventions name it, or with `pulsar.` before it.
    public let name: String
    /// A text is cut to 1,024 bytes.
    public let value: Value

    /// A text longer than this many UTF-8 bytes is cut.
    static let maxTextBytes = 1_024

    /// - Parameters:
    ///   - name: what it is called.
    ///   - value: no secret, and nothing that a client has sent as a payload.
    public init(_ name: String, _ value: Value) {
        self.name = name
        if case .text(let text) = value {
            self.value = .text(text.cut(to: Self.maxTextBytes))
        } else {
            self.value = value
        }
    }

    /// What it costs in memory while it waits, bytes, roughly.
    var cost: Int {
        switch self.value {
        case .text(let text): 64 + self.name.utf8.count + text.utf8.count
        case .integer, .boolean: 64 + self.name.utf8.count
        }
    }
}
