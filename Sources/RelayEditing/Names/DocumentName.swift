import RelayCore
import RelayWire

/// What a document is called: by the clients of editing protocols, and as a topic.
///
/// A name is any UTF-8 text without control characters. Topics' names have fewer characters, so a document's topic has the name with all
/// others written as `_` and two lower-case hexadecimal digits a byte, and `_` itself as `__`: the document `notes/v1.2` is the topic
/// `document/notes_2fv1_2e2`. Each name has one such form.
///
/// `session/{sid}/document/{name}` is a document of that session: its topic is `session/{sid}/document/{form}`, a part of the session's.
public struct DocumentName: Hashable, Sendable {
    /// As clients of editing protocols write it.
    public let text: String
    /// The session that it is a document of; nil for one that is on its own.
    public let session: String?
    /// What its topic's name ends with.
    public let segment: String

    /// - Returns: nil where the name is empty, has control characters, or is too long for a topic: with its ending a topic's name has at most
    ///   ``TopicName/maximumLength`` bytes.
    public init?(_ text: String) {
        let (session, name) = Self.sessionAndName(in: text)
        guard !name.isEmpty, !text.unicodeScalars.contains(where: Self.isControl) else { return nil }
        self.text = text
        self.session = session
        self.segment = Self.encoded(name)
        guard self.path.utf8.count + Self.longestEnding <= TopicName.maximumLength else { return nil }
    }

    private static func sessionAndName(in text: String) -> (session: String?, name: Substring) {
        let parts = text.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 4, parts[0] == "session", parts[2] == "document", Self.isSession(parts[1]) else {
            return (nil, text[...])
        }
        return (String(parts[1]), parts[3])
    }

    /// Whether a session may have that id.
    private static func isSession(_ id: Substring) -> Bool {
        (1...64).contains(id.utf8.count)
            && id.utf8.allSatisfy {
                Self.isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
    }

    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    // MARK: The topic's form

    private static func encoded(_ text: Substring) -> String {
        let form = Self.encoded(text, escapesAll: false)
        // A segment of a topic's name needs a letter or a digit.
        return form.utf8.contains(where: Self.isAlphanumeric) ? form : Self.encoded(text, escapesAll: true)
    }

    private static func encoded(_ text: Substring, escapesAll: Bool) -> String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        for byte in text.utf8 {
            switch byte {
            case _ where Self.isAlphanumeric(byte): bytes.append(byte)
            case UInt8(ascii: "-") where !escapesAll: bytes.append(byte)
            case UInt8(ascii: "_") where !escapesAll: bytes += [byte, byte]
            default: bytes += [UInt8(ascii: "_")] + String(hexadecimal: [byte]).utf8
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func decoded(_ segment: Substring) -> String? {
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
                guard let last = rest.popFirst(), let byte = Hexadecimal.bytes([next, last], capitals: false)?.first
                else {
                    return nil
                }
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
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
