public import RelayCore

/// What a document is called: by the clients of editing protocols, and as a topic.
///
/// A name is any UTF-8 text without control characters. Topics' names have fewer characters, so a document's topic has the name with all
/// others written as `_` and two lower-case hexadecimal digits a byte, and `_` itself as `__`: the document `notes/v1.2` is the topic
/// `document/notes_2fv1_2e2`. Each name has one such form.
public struct DocumentName: Hashable, Sendable {
    /// As clients of editing protocols write it.
    public let text: String
    let segment: String

    /// - Returns: nil where the name is empty, has control characters, or is too long for a topic: with its ending a topic's name has at most
    ///   ``TopicName/maximumLength`` bytes.
    public init?(_ text: String) {
        guard !text.isEmpty, !text.unicodeScalars.contains(where: Self.isControl) else { return nil }
        let segment = Self.encoded(text)
        guard Self.prefix.utf8.count + segment.utf8.count + Self.awarenessSuffix.utf8.count <= TopicName.maximumLength
        else { return nil }
        self.text = text
        self.segment = segment
    }

    /// - Parameter path: a topic's name: the document's, or that of one of its parts.
    /// - Returns: nil where it is none of these.
    public init?(path: String) {
        guard path.hasPrefix(Self.prefix) else { return nil }
        var segment = path.dropFirst(Self.prefix.count)
        for suffix in [Self.awarenessSuffix, Self.statelessSuffix] where segment.hasSuffix(suffix) {
            segment = segment.dropLast(suffix.count)
            break
        }
        guard let text = Self.decoded(segment), let name = DocumentName(text), name.segment == segment else {
            return nil
        }
        self = name
    }

    static let prefix = "document/"
    private static let awarenessSuffix = "/awareness"
    private static let statelessSuffix = "/stateless"

    /// Whether the path is that of an awareness topic, if it is one of this type at all. A document may be called `awareness` itself.
    static func isAwareness(_ path: String) -> Bool {
        path.dropFirst(Self.prefix.count).hasSuffix(Self.awarenessSuffix)
    }

    /// Whether the path is that of a topic for stateless messages, if it is one of this type at all.
    static func isStateless(_ path: String) -> Bool {
        path.dropFirst(Self.prefix.count).hasSuffix(Self.statelessSuffix)
    }

    /// The topic whose stream has the document's updates.
    public var topicName: TopicName { TopicName(path: Self.prefix + self.segment) }

    /// The topic that has what people show of themselves in it.
    public var awarenessTopicName: TopicName { TopicName(path: Self.prefix + self.segment + Self.awarenessSuffix) }

    /// The topic of what people's applications tell each other beside the document.
    public var statelessTopicName: TopicName { TopicName(path: Self.prefix + self.segment + Self.statelessSuffix) }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    // MARK: The topic's form

    private static func encoded(_ text: String) -> String {
        let form = Self.encoded(text, escapesAll: false)
        // A segment of a topic's name needs a letter or a digit.
        return form.utf8.contains(where: Self.isAlphanumeric) ? form : Self.encoded(text, escapesAll: true)
    }

    private static func encoded(_ text: String, escapesAll: Bool) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case _ where Self.isAlphanumeric(byte): bytes.append(byte)
            case UInt8(ascii: "-") where !escapesAll: bytes.append(byte)
            case UInt8(ascii: "_") where !escapesAll: bytes += [byte, byte]
            default: bytes += [UInt8(ascii: "_"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func decoded(_ segment: Substring) -> String? {
        var bytes: [UInt8] = []
        var rest = segment.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "_") else {
                bytes.append(byte)
                continue
            }
            guard let next = rest.popFirst() else { return nil }
            if next == UInt8(ascii: "_") {
                bytes.append(next)
            } else {
                guard let last = rest.popFirst(), let high = Self.digit(next), let low = Self.digit(last) else {
                    return nil
                }
                bytes.append(high << 4 | low)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: false
        }
    }
}
