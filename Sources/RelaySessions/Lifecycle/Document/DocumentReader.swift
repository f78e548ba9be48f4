import RelayWire

/// Reads what ``DocumentWriter`` wrote. Never reads past the end, and allocates no more than there are bytes.
struct DocumentReader {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { self.position == self.bytes.count }

    mutating func readRaw(_ count: Int) throws(SessionDocumentError) -> ArraySlice<UInt8> {
        guard count <= self.bytes.count - self.position else { throw .damaged }
        defer { self.position += count }
        return self.bytes[self.position..<self.position + count]
    }

    mutating func read<Number: FixedWidthInteger>(_: Number.Type) throws(SessionDocumentError) -> Number {
        var number: Number = 0
        for byte in try self.readRaw(Number.bitWidth / 8) {
            number =
                Number.bitWidth == 8 ? Number(truncatingIfNeeded: byte) : number << 8 | Number(truncatingIfNeeded: byte)
        }
        return number
    }

    mutating func readFlag() throws(SessionDocumentError) -> Bool {
        switch try self.read(UInt8.self) {
        case 0: return false
        case 1: return true
        default: throw .damaged
        }
    }

    mutating func readMoment() throws(SessionDocumentError) -> Timestamp {
        Timestamp(microseconds: try self.read(Int64.self))
    }

    mutating func readName<Kind>(_: Kind.Type = Kind.self) throws(SessionDocumentError) -> BoundedName<Kind> {
        let count = Int(try self.read(UInt16.self))
        let text = String(validating: try self.readRaw(count), as: UTF8.self)
        guard let text, let name = BoundedName<Kind>(text) else { throw .damaged }
        return name
    }

    mutating func readBlob(atMost limit: Int) throws(SessionDocumentError) -> [UInt8] {
        let count = Int(try self.read(UInt32.self))
        guard count <= limit else { throw .damaged }
        return Array(try self.readRaw(count))
    }

    mutating func readDigest<Kind>(_: Kind.Type = Kind.self) throws(SessionDocumentError) -> SessionDigest<Kind> {
        let length = SessionDigest<Kind>.length
        guard let digest = SessionDigest<Kind>(Array(try self.readRaw(length))) else { throw .damaged }
        return digest
    }

    mutating func readOptional<Value>(
        _ body: (inout Self) throws(SessionDocumentError) -> Value
    ) throws(SessionDocumentError) -> Value? {
        try self.readFlag() ? try body(&self) : nil
    }

    mutating func readList<Value>(
        atMost limit: Int,
        _ body: (inout Self) throws(SessionDocumentError) -> Value
    ) throws(SessionDocumentError) -> [Value] {
        let count = Int(try self.read(UInt16.self))
        guard count <= limit else { throw .damaged }
        var list: [Value] = []
        for _ in 0..<count { list.append(try body(&self)) }
        return list
    }

    mutating func readRole() throws(SessionDocumentError) -> SessionRole {
        guard let role = SessionRole(rawValue: try self.read(UInt8.self)) else { throw .damaged }
        return role
    }

    /// - Returns: at most what `role` may have.
    mutating func readCapabilities(of role: SessionRole) throws(SessionDocumentError) -> SessionCapabilities {
        let capabilities = SessionCapabilities(rawValue: try self.read(UInt8.self))
        guard capabilities.isSubset(of: role.permittedCapabilities) else { throw .damaged }
        return capabilities
    }
}
