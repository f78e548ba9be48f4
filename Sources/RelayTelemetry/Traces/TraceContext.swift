import RelayWire

/// Names a trace: 128 bits, not all zero.
public struct TraceID: Hashable, Sendable {
    let high: UInt64
    let low: UInt64

    /// - Returns: nil where all bits are zero.
    init?(high: UInt64, low: UInt64) {
        guard high | low != 0 else { return nil }
        self.high = high
        self.low = low
    }

    /// A new one.
    ///
    /// - Parameter generator: what it is drawn from.
    public static func random(using generator: inout some RandomNumberGenerator) -> TraceID {
        while true {
            if let id = TraceID(high: generator.next(), low: generator.next()) { return id }
        }
    }

    /// Big-endian, as OTLP has it.
    public var bytes: [UInt8] { self.high.networkBytes + self.low.networkBytes }
}

extension TraceID: CustomStringConvertible {
    /// 32 lowercase hexadecimal digits.
    public var description: String { String(hexadecimal: self.bytes) }
}

/// Names a span within its trace: 64 bits, not all zero.
public struct SpanID: Hashable, Sendable {
    let value: UInt64

    /// - Returns: nil where all bits are zero.
    init?(_ value: UInt64) {
        guard value != 0 else { return nil }
        self.value = value
    }

    /// A new one.
    ///
    /// - Parameter generator: what it is drawn from.
    public static func random(using generator: inout some RandomNumberGenerator) -> SpanID {
        while true {
            if let id = SpanID(generator.next()) { return id }
        }
    }

    /// Big-endian, as OTLP has it.
    public var bytes: [UInt8] { self.value.networkBytes }
}

extension SpanID: CustomStringConvertible {
    /// 16 lowercase hexadecimal digits.
    public var description: String { String(hexadecimal: self.value) }
}

/// A place in a trace, as it travels between programs: W3C Trace Context.
public struct TraceContext: Hashable, Sendable {
    /// Which trace it is a place in.
    public let traceID: TraceID
    /// The span that whatever follows is a child of.
    public let spanID: SpanID
    /// Whether whoever began it records it.
    public let isSampled: Bool
    /// What other tracing systems have added, for whoever comes next; nil for nothing.
    public let state: TraceState?

    /// - Parameters:
    ///   - traceID: the whole trace's.
    ///   - spanID: of the span that children will name as their parent.
    ///   - isSampled: whether it is recorded.
    ///   - state: of other systems.
    public init(traceID: TraceID, spanID: SpanID, isSampled: Bool, state: TraceState? = nil) {
        self.traceID = traceID
        self.spanID = spanID
        self.isSampled = isSampled
        self.state = state
    }

    /// Reads a `traceparent`.
    ///
    /// Versions that are not known yet are read as far as this one goes, as the standard asks for: what they add stands behind a further
    /// hyphen.
    ///
    /// - Parameters:
    ///   - traceparent: the header's value, without blanks around it.
    ///   - state: of the same request; it counts for nothing where the first is not good.
    /// - Returns: nil where it isn't one. Then the request belongs to no trace.
    public init?(traceparent: some StringProtocol, state: TraceState? = nil) {
        var reader = HexadecimalReader(traceparent.utf8)
        guard let version = reader.number(digits: 2), version != 0xFF, reader.hyphen(),
            let high = reader.number(digits: 16), let low = reader.number(digits: 16), reader.hyphen(),
            let span = reader.number(digits: 16), reader.hyphen(),
            let flags = reader.number(digits: 2),
            reader.isAtEnd || version > 0 && reader.hyphen(),
            let traceID = TraceID(high: high, low: low), let spanID = SpanID(span)
        else { return nil }
        self.init(traceID: traceID, spanID: spanID, isSampled: flags & 1 == 1, state: state)
    }

    /// The header's value: 55 characters, of version 00.
    public var traceparent: String { "00-\(self.traceID)-\(self.spanID)-\(self.isSampled ? "01" : "00")" }
}

extension UInt64 {
    /// The most significant first.
    fileprivate var networkBytes: [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: self >> (56 - 8 * $0)) } }
}
