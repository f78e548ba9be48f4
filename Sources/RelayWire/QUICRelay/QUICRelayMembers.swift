import NIOCore

/// A message's members while it is being read. `type` may come last, so where each begins is kept until it is known. Of those with one name
/// the last counts; null is none; what the relay doesn't know is passed over.
struct QUICRelayMembers {
    enum Name: String, CaseIterable {
        case type
        case id
        case ticket
        case proof
        case nonce
        case key
        case signature
        case session = "session_id"
        case peer = "peer_id"
        case to
        case tunnel
        case kind
        case data
    }

    private let buffer: ByteBuffer
    private let start: Int
    /// Where the values begin in the buffer.
    private var places: [Name: Int] = [:]

    init(_ message: ByteBuffer) {
        self.init(message, at: 0)
    }

    /// - Parameter start: where the map begins.
    private init(_ message: ByteBuffer, at start: Int) {
        self.buffer = message
        self.start = start
    }

    /// Walks over the whole map.
    mutating func find() throws(MessagePackError) {
        let buffer = self.buffer
        let bytes = buffer.readableBytesUInt8Span
        var place = MessagePackPlace(offset: self.start)
        guard case .map(let count) = try place.head(bytes) else { throw MessagePackError("a message is a map") }
        for _ in 0..<count {
            guard case .string(let size) = try place.head(bytes) else { throw MessagePackError("a key is no text") }
            let name = Self.name(bytes, try place.take(bytes, size: size))
            let offset = place.offset
            let isNull = try place.head(bytes) == .null
            if let name { self.places[name] = isNull ? nil : offset }
            place.offset = offset
            try place.skip(bytes)
        }
        guard place.offset <= bytes.count else { throw .truncated }
    }

    private static func name(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Name? {
        guard range.count <= 16 else { return nil }
        return Name(rawValue: bytes.string(range))
    }

    func has(_ name: Name) -> Bool { self.places[name] != nil }

    private func reader(_ name: Name) throws(MessagePackError) -> MessagePackReader {
        guard let place = self.places[name] else { throw MessagePackError("no `\(name.rawValue)`") }
        return MessagePackReader(self.buffer, at: place)
    }

    func text(_ name: Name) throws(MessagePackError) -> String {
        var reader = try self.reader(name)
        guard case .string(let size) = try reader.head() else {
            throw MessagePackError("`\(name.rawValue)` is no text")
        }
        return try reader.text(size: size)
    }

    func optionalText(_ name: Name) throws(MessagePackError) -> String? {
        self.has(name) ? try self.text(name) : nil
    }

    func optionalNumber(_ name: Name) throws(MessagePackError) -> UInt64? {
        guard self.has(name) else { return nil }
        var reader = try self.reader(name)
        guard case .unsigned(let number) = try reader.head() else {
            throw MessagePackError("`\(name.rawValue)` is no integer from 0 on")
        }
        return number
    }

    /// A tunnel's number, as streams and datagrams can name it.
    func tunnel() throws(MessagePackError) -> UInt64 {
        guard let number = try self.optionalNumber(.tunnel) else { throw MessagePackError("no `tunnel`") }
        guard number <= QUICVarint.maximum else { throw MessagePackError("`tunnel` has more than 62 bits") }
        return number
    }

    /// Bytes, or a text's.
    func bytes(_ name: Name) throws(MessagePackError) -> ByteBuffer {
        var reader = try self.reader(name)
        switch try reader.head() {
        case .binary(let size), .string(let size): return try reader.bytes(size: size)
        default: throw MessagePackError("`\(name.rawValue)` is not bytes")
        }
    }

    /// The members of a member that is a map itself; nil where it is not there.
    func members(of name: Name) throws(MessagePackError) -> QUICRelayMembers? {
        guard let place = self.places[name] else { return nil }
        var members = QUICRelayMembers(self.buffer, at: place)
        try members.find()
        return members
    }
}
