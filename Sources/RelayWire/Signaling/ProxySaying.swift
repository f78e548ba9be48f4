import NIOCore

/// What a peer says about a tunnel of proxy frames: the messages `request_binary_proxy` and `binary_proxy_*`.
public enum ProxySaying: Hashable, Sendable {
    /// - Parameter window: bytes that the opener takes before it has acknowledged any; nil where it doesn't say.
    case request(window: Int?)
    /// - Parameters:
    ///   - window: bytes that the target takes before it has acknowledged any.
    ///   - maxFrame: bytes of data that it takes in a frame.
    case accepted(window: Int?, maxFrame: Int?)
    case rejected
    /// - Parameters:
    ///   - sequence: of the first frame that the peer lacks.
    ///   - window: bytes that it takes from now on; nil where that is as before.
    case acknowledged(sequence: UInt64, window: Int?)
    case closed
    /// The next binary message is the data of the frame with this number, as programs of old send it.
    case data(sequence: UInt64)

    /// - Returns: nil for a message about something else: that is not looked into.
    public init?(_ message: SignalFrame.Publish) {
        switch message.type {
        case "request_binary_proxy": self = .request(window: Self.window(in: Self.numbers(in: message.payload)))
        case "binary_proxy_accepted":
            let fields = Self.numbers(in: message.payload)
            let maxFrame = fields["max_frame"].map { Int(clamping: $0) }
            self = .accepted(window: Self.window(in: fields), maxFrame: maxFrame)
        case "binary_proxy_rejected": self = .rejected
        case "binary_proxy_ack":
            let fields = Self.numbers(in: message.payload)
            self = .acknowledged(sequence: fields["sequence"] ?? 0, window: Self.window(in: fields))
        case "binary_proxy_closed": self = .closed
        case "binary_proxy_data": self = .data(sequence: Self.numbers(in: message.payload)["sequence"] ?? 0)
        default: return nil
        }
    }

    private static func window(in fields: [String: UInt64]) -> Int? { fields["window"].map { Int(clamping: $0) } }

    private static let names: Set<String> = ["window", "max_frame", "sequence"]

    /// The payload was checked when it was read.
    private static func numbers(in payload: ByteBuffer) -> [String: UInt64] {
        var numbers: [String: UInt64] = [:]
        var scanner = JSONScanner(payload)
        do throws(JSONError) {
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let value = try scanner.value()
                guard let text = scanner.text(of: name), self.names.contains(text) else { continue }
                numbers[text] = scanner.wholeNumber(of: value)
            }
        } catch {}
        return numbers
    }
}

extension SignalFrame.Publish {
    /// The same request, with the window that holds: what the opener asks for, as far as the relay allows it.
    ///
    /// - Parameters:
    ///   - window: nil where the opener doesn't say.
    ///   - most: bytes.
    public func allowing(_ window: Int?, upTo most: Int) -> SignalFrame.Publish {
        var payload = ByteBuffer(string: "{")
        var scanner = JSONScanner(self.payload)
        do throws(JSONError) {
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let value = try scanner.value()
                guard !scanner.text(of: name, is: "window") else { continue }
                payload.writeImmutableBuffer(scanner.copy(name.range.lowerBound..<value.range.upperBound))
                payload.writeStaticString(",")
            }
        } catch {}
        payload.writeString(#""window":\#(window.map { min(max($0, 0), most) } ?? most)}"#)
        return self.carrying(payload)
    }
}
