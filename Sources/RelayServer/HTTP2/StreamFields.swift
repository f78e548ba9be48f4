import NIOHPACK
import NIOHTTP1

/// An answer's head as HTTP/2 sends it (RFC 9113, section 8).
enum StreamFields {
    static func of(_ head: HTTPResponseHead) -> HPACKHeaders {
        var fields = HPACKHeaders()
        fields.reserveCapacity(head.headers.count + 1)
        fields.add(name: ":status", value: String(head.status.code))
        for (name, value) in head.headers {
            let name = self.lowercased(name)
            if self.isOfConnection(name) { continue }
            // What no later answer repeats would only push out what others do.
            fields.add(name: name, value: value, indexing: self.differsEachTime(name) ? .nonIndexable : .indexable)
        }
        return fields
    }

    /// HTTP/2 frames its messages itself, and its connections go on.
    private static func isOfConnection(_ name: String) -> Bool {
        switch name {
        case "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade": true
        default: false
        }
    }

    private static func differsEachTime(_ name: String) -> Bool {
        switch name {
        case "x-request-id", "content-length", "x-next-cursor", "etag": true
        default: false
        }
    }

    private static func lowercased(_ name: String) -> String {
        let isLowercase = name.utf8.allSatisfy { $0 < UInt8(ascii: "A") || $0 > UInt8(ascii: "Z") }
        return isLowercase ? name : name.lowercased()
    }
}
