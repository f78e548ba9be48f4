import NIOCore
import RelayWire

extension PunchCandidate {
    /// The candidates of a list that was checked to be JSON: each as ``read(_:_:)`` takes it.
    ///
    /// - Returns: nil where one is none, or there are more than ``PunchCandidates/limit``.
    static func list(_ json: ByteBuffer) -> [PunchCandidate]? {
        var scanner = JSONScanner(json)
        var candidates: [PunchCandidate] = []
        do throws(JSONError) {
            try scanner.enterArray()
            while try scanner.nextElement() {
                let value = try scanner.value()
                guard candidates.count < PunchCandidates.limit, let candidate = Self.read(value, scanner) else {
                    return nil
                }
                candidates.append(candidate)
            }
            return candidates
        } catch {
            return nil
        }
    }

    /// An attribute's text (RFC 8839, 5.1), an object that has one as `candidate`, as WebRTC makes them, or the reference's object.
    static func read(_ value: JSONValue, _ scanner: JSONScanner) -> PunchCandidate? {
        switch value.kind {
        case .string: return scanner.text(of: value).flatMap { PunchCandidate(attribute: $0) }
        case .object: return Self.object(scanner.copy(value.range))
        case .array, .number, .boolean, .null: return nil
        }
    }

    private static let names = ["candidate", "ip", "port", "proto", "priority", "candidate_type", "tcp_type"]

    private static func object(_ json: ByteBuffer) -> PunchCandidate? {
        try? RequestFields.decode(json, names: Self.names) { fields in
            if let attribute = fields.text("candidate") { return PunchCandidate(attribute: attribute) }
            guard let host = fields.requiredText("ip").flatMap({ Host($0) }),
                let port = fields.integer("port", in: 1...65_535),
                let transport = Transport(rawValue: fields.text("proto") ?? "udp"),
                let kind = Kind(rawValue: fields.text("candidate_type") ?? "host")
            else { return nil }
            let tcpType = fields.text("tcp_type")
            guard tcpType == nil || TCPType(rawValue: tcpType ?? "") != nil else { return nil }
            return PunchCandidate(
                host,
                port: UInt16(port),
                transport,
                kind,
                priority: fields.integer("priority", in: 0...Int(UInt32.max)).map { UInt32($0) },
                tcpType: tcpType.flatMap(TCPType.init)
            )
        }
    }

    /// `candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ TYPE ...`, with or without `a=` before it.
    init?(attribute: String) {
        guard attribute.utf8.count <= Self.maximumTextBytes else { return nil }
        let text = attribute.hasPrefix("a=") ? attribute.dropFirst(2) : attribute[...]
        let words = text.split(separator: " ", omittingEmptySubsequences: false)
        guard text.hasPrefix("candidate:"), words.count >= 8, words.count.isMultiple(of: 2), words[6] == "typ",
            (11...42).contains(words[0].utf8.count), let component = Int(words[1]), 1...256 ~= component,
            let transport = Transport(rawValue: words[2].lowercased()), let priority = UInt32(words[3]),
            let host = Host(String(words[4])), let port = UInt16(words[5]), port > 0,
            let kind = Kind(rawValue: String(words[7]))
        else { return nil }
        let extensions = stride(from: 8, to: words.count, by: 2).first { words[$0] == "tcptype" }
        let tcpType = extensions.map { TCPType(rawValue: String(words[$0 + 1])) }
        guard tcpType == nil || tcpType != .some(nil) else { return nil }
        self.init(host, port: port, transport, kind, priority: priority, tcpType: tcpType ?? nil)
    }
}

extension PunchCandidate.Host {
    /// In bytes (RFC 1035, 2.3.4).
    private static let maximumNameBytes = 253

    /// - Returns: nil where the text is neither an address nor a name.
    init?(_ text: String) {
        if let address = IPAddress(text) {
            guard address.unmapped.isPlace else { return nil }
            self = .address(address)
            return
        }
        let isName = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        // What looks like an address is meant as one.
        let hasLetters = text.utf8.contains { $0 >= UInt8(ascii: "A") }
        guard isName, hasLetters, (1...Self.maximumNameBytes).contains(text.utf8.count) else { return nil }
        self = .name(text)
    }
}
