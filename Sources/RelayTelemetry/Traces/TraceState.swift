/// What tracing systems other than the relay add to a trace context (`tracestate`), handed on as it came.
public struct TraceState: Hashable, Sendable {
    /// `key=value`, joined by commas.
    public let text: String

    /// What a list may have, by the standard.
    private static let maxMembers = 32
    /// What is handed on, in bytes: the least that the standard asks for.
    static let maxBytes = 512
    /// Where there are too many bytes, members longer than this go first.
    private static let longMember = 128

    /// - Parameter fields: the header's fields, in their order.
    /// - Returns: nil where there is nothing, or something that is no list of members: then all of it is dropped.
    public init?(_ fields: [String]) {
        var members: [Substring] = []
        var keys: Set<Substring> = []
        for field in fields where field.utf8.count <= 8 * Self.maxBytes {
            for part in field.split(separator: ",") {
                let member = Self.trimmed(part)
                if member.isEmpty { continue }
                guard let key = Self.key(of: member), keys.insert(key).inserted, members.count < Self.maxMembers else {
                    return nil
                }
                members.append(member)
            }
        }
        let kept = Self.fitting(members)
        guard !kept.isEmpty else { return nil }
        self.text = kept.joined(separator: ",")
    }

    /// The first members have been there last: they matter the most.
    private static func fitting(_ members: [Substring]) -> [Substring] {
        func size(_ members: [Substring]) -> Int { members.reduce(members.count - 1) { $0 + $1.utf8.count } }
        var members = members
        if size(members) > Self.maxBytes { members.removeAll { $0.utf8.count > Self.longMember } }
        while size(members) > Self.maxBytes { members.removeLast() }
        return members
    }

    /// Blanks around a member are no part of it.
    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.utf8.first == UInt8(ascii: " ") || text.utf8.first == UInt8(ascii: "\t") { text.removeFirst() }
        while text.utf8.last == UInt8(ascii: " ") || text.utf8.last == UInt8(ascii: "\t") { text.removeLast() }
        return text
    }

    /// - Returns: nil where the member is not well made.
    private static func key(of member: Substring) -> Substring? {
        guard let equals = member.utf8.firstIndex(of: UInt8(ascii: "=")) else { return nil }
        let (key, value) = (member[..<equals], member[member.utf8.index(after: equals)...])
        return self.isKey(key) && self.isValue(value) ? key : nil
    }

    private static func isKey(_ key: Substring) -> Bool {
        guard let first = key.utf8.first, key.utf8.count <= 256 else { return false }
        return (self.isLowercase(first) || self.isDigit(first))
            && key.utf8.allSatisfy { self.isLowercase($0) || self.isDigit($0) || self.marks.contains($0) }
    }

    private static let marks = Array("_-*/@".utf8)

    private static func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isValue(_ value: Substring) -> Bool {
        let count = value.utf8.count
        return count > 0 && count <= 256 && value.utf8.last != UInt8(ascii: " ")
            && value.utf8.allSatisfy {
                (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ",") && $0 != UInt8(ascii: "=")
            }
    }
}
