/// A value of MessagePack, as tests write and read it: no more of the format than Pulse's frames have.
indirect enum PulseValue: Equatable, Sendable {
    case null
    case number(UInt64)
    case negative(Int8)
    case text(String)
    case bytes([UInt8])
    case array([PulseValue])
    case map([(String, PulseValue)])

    static func == (left: PulseValue, right: PulseValue) -> Bool { left.packed == right.packed }

    var number: UInt64? { if case .number(let number) = self { number } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var bytes: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }

    subscript(name: String) -> PulseValue? {
        guard case .map(let members) = self else { return nil }
        return members.first { $0.0 == name }?.1
    }

    // MARK: Writing

    var packed: [UInt8] {
        switch self {
        case .null: [0xC0]
        case .number(let number): Self.packed(number)
        case .negative(let number): [0xD0, UInt8(bitPattern: number)]
        case .text(let text): [0xDB] + Self.big(UInt32(text.utf8.count)) + text.utf8
        case .bytes(let bytes): [0xC6] + Self.big(UInt32(bytes.count)) + bytes
        case .array(let values): [0xDD] + Self.big(UInt32(values.count)) + values.flatMap(\.packed)
        case .map(let members):
            [0xDF] + Self.big(UInt32(members.count))
                + members.flatMap { PulseValue.text($0.0).packed + $0.1.packed }
        }
    }

    private static func packed(_ number: UInt64) -> [UInt8] {
        number < 0x80 ? [UInt8(number)] : [0xCF] + self.big(number)
    }

    /// The highest byte first.
    static func big<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        stride(from: Number.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    // MARK: Reading

    /// - Returns: nil where the bytes are no such value.
    init?(_ bytes: [UInt8]) {
        var rest = bytes[...]
        guard let value = Self.read(&rest) else { return nil }
        self = value
    }

    private static func read(_ rest: inout ArraySlice<UInt8>) -> PulseValue? {
        guard let head = rest.popFirst() else { return nil }
        switch head {
        case ..<0x80: return .number(UInt64(head))
        case 0x80...0x8F: return self.map(Int(head & 0xF), &rest)
        case 0x90...0x9F: return self.array(Int(head & 0xF), &rest)
        case 0xA0...0xBF: return self.text(Int(head & 0x1F), &rest)
        case 0xC0: return .null
        case 0xC4, 0xC5, 0xC6: return self.size(1 << (head - 0xC4), &rest).flatMap { self.bytes($0, &rest) }
        case 0xCC, 0xCD, 0xCE, 0xCF: return self.number(1 << (head - 0xCC), &rest).map { .number($0) }
        case 0xD9, 0xDA, 0xDB: return self.size(1 << (head - 0xD9), &rest).flatMap { self.text($0, &rest) }
        case 0xDE, 0xDF: return self.size(2 << (head - 0xDE), &rest).flatMap { self.map($0, &rest) }
        default: return nil
        }
    }

    private static func number(_ size: Int, _ rest: inout ArraySlice<UInt8>) -> UInt64? {
        guard rest.count >= size else { return nil }
        defer { rest = rest.dropFirst(size) }
        return rest.prefix(size).reduce(0) { $0 << 8 | UInt64($1) }
    }

    private static func size(_ size: Int, _ rest: inout ArraySlice<UInt8>) -> Int? {
        self.number(size, &rest).map { Int($0) }
    }

    private static func taken(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> [UInt8]? {
        guard rest.count >= count else { return nil }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    private static func bytes(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> PulseValue? {
        self.taken(count, &rest).map { .bytes($0) }
    }

    private static func text(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> PulseValue? {
        self.taken(count, &rest).map { .text(String(decoding: $0, as: UTF8.self)) }
    }

    private static func array(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> PulseValue? {
        var values: [PulseValue] = []
        for _ in 0..<count {
            guard let value = self.read(&rest) else { return nil }
            values.append(value)
        }
        return .array(values)
    }

    private static func map(_ count: Int, _ rest: inout ArraySlice<UInt8>) -> PulseValue? {
        var members: [(String, PulseValue)] = []
        for _ in 0..<count {
            guard case .text(let name)? = self.read(&rest), let value = self.read(&rest) else { return nil }
            members.append((name, value))
        }
        return .map(members)
    }
}
