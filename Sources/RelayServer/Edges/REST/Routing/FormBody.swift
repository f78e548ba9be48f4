import NIOCore
import RelayWire

/// The fields of a form: `application/x-www-form-urlencoded`, or `multipart/form-data`. Anything else, JSON above all, has none of them.
struct FormBody {
    private let items: [(name: String, value: String)]
    private(set) var issues: [ValidationIssue] = []

    /// - Parameter contentType: the value of `Content-Type`, nil where there is none: then it is taken for the first kind.
    init(_ body: ByteBuffer, contentType: String?) {
        let text = String(buffer: body)
        if let boundary = contentType.flatMap(Self.boundary(in:)) {
            self.items = Self.parts(of: text, boundary: boundary)
        } else {
            self.items = QueryItems(Substring(text)).items
        }
    }

    /// The field's text; an empty one counts as absent, and adds an issue.
    mutating func required(_ name: String) -> String? {
        if let text = self.optional(name) { return text }
        self.add("missing", name, "Field required")
        return nil
    }

    func optional(_ name: String) -> String? {
        guard let text = self.items.first(where: { $0.name == name })?.value, !text.isEmpty else { return nil }
        return text
    }

    /// Nil where it is absent; another text than those for yes and no adds an issue.
    mutating func flag(_ name: String) -> Bool? {
        guard let text = self.optional(name) else { return nil }
        switch text.lowercased() {
        case "true", "1", "yes", "on": return true
        case "false", "0", "no", "off": return false
        default:
            self.add("bool_parsing", name, "Input should be a valid boolean, unable to interpret input")
            return nil
        }
    }

    mutating func add(_ type: String, _ name: String, _ message: String) {
        self.issues.append(ValidationIssue(type: type, location: [.name("body"), .name(name)], message: message))
    }

    // MARK: multipart/form-data (RFC 7578)

    /// The boundary of `multipart/form-data; boundary=...`.
    private static func boundary(in contentType: String) -> String? {
        let fields = contentType.split(separator: ";")
        guard let type = fields.first, Self.trimmed(type).isToken("multipart/form-data") else { return nil }
        return Self.parameter("boundary", in: fields.dropFirst())
    }

    /// The parts that have a name, in their order.
    private static func parts(of text: String, boundary: String) -> [(name: String, value: String)] {
        // By bytes: to Swift a line break is one character, and a boundary's hyphen may be part of another.
        let delimiter = Array("\r\n--\(boundary)".utf8)
        let blankLine = Array("\r\n\r\n".utf8)
        return Array("\r\n\(text)".utf8).split(separator: delimiter).compactMap { part in
            guard let end = part.firstRange(of: blankLine) else { return nil }
            let head = String(decoding: part[..<end.lowerBound], as: UTF8.self)
            guard let name = Self.name(inHead: head) else { return nil }
            return (name, String(decoding: part[end.upperBound...], as: UTF8.self))
        }
    }

    private static func name(inHead head: String) -> String? {
        for line in head.split(whereSeparator: \.isNewline) where line.prefix(20).isToken("content-disposition:") {
            return Self.parameter("name", in: line.split(separator: ";").dropFirst())
        }
        return nil
    }

    private static func parameter(_ name: String, in fields: ArraySlice<Substring>) -> String? {
        for field in fields {
            let pair = field.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, Self.trimmed(pair[0]).isToken(name) else { continue }
            let value = Self.trimmed(pair[1])
            let isQuoted = value.count > 1 && value.hasPrefix("\"") && value.hasSuffix("\"")
            return String(isQuoted ? value.dropFirst().dropLast() : value)
        }
        return nil
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0 == " " || $0 == "\t" }
        return start.lastIndex { $0 != " " && $0 != "\t" }.map { start[...$0] } ?? ""
    }
}
