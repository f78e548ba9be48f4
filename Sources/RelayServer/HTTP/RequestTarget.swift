import RelayWire

/// A request's target (RFC 9112, section 3.2) in the one form that every route takes: a path and its query.
///
/// - A target with scheme and host, as clients send it through a proxy, is taken apart: its host is in force, not the `Host` header.
/// - Escapes of characters that need none (`n%65ws`) are undone, in the path only: RFC 3986, section 6.2.2.2, holds both for the same.
/// - An empty path is `/`.
///
/// Empty segments (`//`) and dot segments are left as they are, so they name nothing. A relay that resolved them could be led past
/// a proxy that guards paths and does not.
struct RequestTarget {
    /// Path and query.
    let text: String
    /// The path's length in `text`, UTF-8.
    let pathLength: Int
    /// The host, with its port where it has one, of a target that names one.
    let authority: String?

    var path: Substring { Substring(self.text.utf8.prefix(self.pathLength)) }

    /// - Returns: nil where the target has a scheme and no host, or a user's name in front of it.
    init?(_ target: String) {
        guard target.utf8.first == UInt8(ascii: "/") || target.utf8.first == UInt8(ascii: "*") else {
            guard let start = Self.endOfScheme(target) else {
                // The host and port of a CONNECT: no path, so no route.
                self.init(path: target[...], query: "", authority: nil)
                return
            }
            let end = target[start...].firstIndex { $0 == "/" || $0 == "?" } ?? target.endIndex
            let authority = target[start..<end]
            guard !authority.isEmpty, !authority.utf8.contains(UInt8(ascii: "@")) else { return nil }
            let rest = target[end...]
            let mark = rest.firstIndex(of: "?") ?? rest.endIndex
            self.init(path: mark == end ? "/" : rest[..<mark], query: rest[mark...], authority: String(authority))
            return
        }
        var length = 0
        var isPlain = true
        for byte in target.utf8 {
            if byte == UInt8(ascii: "?") { break }
            if byte == UInt8(ascii: "%") { isPlain = false }
            length += 1
        }
        if isPlain {
            self.init(text: target, pathLength: length, authority: nil)
        } else {
            let mark = target.utf8.index(target.startIndex, offsetBy: length)
            self.init(path: target[..<mark], query: target[mark...], authority: nil)
        }
    }

    private init(path: Substring, query: Substring, authority: String?) {
        let path = Self.withoutNeedlessEscapes(path)
        self.init(text: path + query, pathLength: path.utf8.count, authority: authority)
    }

    private init(text: String, pathLength: Int, authority: String?) {
        self.text = text
        self.pathLength = pathLength
        self.authority = authority
    }

    private static func endOfScheme(_ target: String) -> String.Index? {
        for scheme in ["http://", "https://"] where target.prefix(scheme.count).isToken(scheme) {
            return target.index(target.startIndex, offsetBy: scheme.count)
        }
        return nil
    }

    private static func withoutNeedlessEscapes(_ path: Substring) -> String {
        let bytes = Array(path.utf8)
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = Character(UnicodeScalar(bytes[index + 1])).hexDigitValue,
                let low = Character(UnicodeScalar(bytes[index + 2])).hexDigitValue,
                Self.needsNoEscape(UInt8(high << 4 | low))
            {
                result.append(UInt8(high << 4 | low))
                index += 3
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// RFC 3986, section 2.3.
    private static func needsNoEscape(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
