/// Reads the parts of an update for ``UnitModel``.
struct UnitReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { self.offset == self.bytes.count }

    mutating func byte() -> UInt8 {
        self.offset += 1
        return self.bytes[self.offset - 1]
    }

    mutating func uint() -> UInt64 {
        var number: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = self.byte()
            number |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return number }
            shift += 7
        }
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        self.offset += count
        return Array(self.bytes[self.offset - count..<self.offset])
    }

    private mutating func text() -> String {
        String(decoding: self.take(Int(self.uint())), as: UTF8.self)
    }

    private mutating func id() -> String {
        let client = self.uint()
        return "\(client)@\(self.uint())"
    }

    /// One unit for each clock, from the second on with the clock before as left origin.
    mutating func item(_ info: UInt8, client: UInt64, clock: UInt64) -> [UnitModel.Unit] {
        let left = info & 0x80 != 0 ? self.id() : ""
        let right = info & 0x40 != 0 ? self.id() : ""
        var parent = ""
        if info & 0xC0 == 0 {
            parent = self.uint() == 1 ? "root \(self.text())" : "in \(self.id())"
            if info & 0x20 != 0 { parent += " key \(self.text())" }
        }
        return self.contents(info & 0x1F).enumerated().map { index, content in
            let place =
                index == 0
                ? "\(left)|\(right)|\(parent)" : "\(client)@\(clock + UInt64(index) - 1)|\(right)|"
            return UnitModel.Unit(place: place, content: content)
        }
    }

    private mutating func contents(_ kind: UInt8) -> [String] {
        switch kind {
        case 1: Array(repeating: "deleted", count: Int(self.uint()))
        case 2: (0..<self.uint()).map { _ in "json \(self.text())" }
        case 4: self.text().utf16.map { "unit \($0)" }
        case 8: (0..<self.uint()).map { _ in "value \(self.value())" }
        default: [self.single(kind)]
        }
    }

    private mutating func single(_ kind: UInt8) -> String {
        switch kind {
        case 3: return "bytes \(self.take(Int(self.uint())))"
        case 5: return "embed \(self.text())"
        case 6:
            let key = self.text()
            return "format \(key) \(self.text())"
        case 7:
            let type = self.uint()
            return "type \(type) \(type == 3 || type == 5 ? self.text() : "")"
        case 9:
            let guid = self.text()
            return "document \(guid) \(self.value())"
        default: preconditionFailure("content \(kind)")
        }
    }

    /// The bytes of one `any`.
    private mutating func value() -> [UInt8] {
        let start = self.offset
        self.skipValue()
        return Array(self.bytes[start..<self.offset])
    }

    private mutating func skipValue() {
        switch self.byte() {
        case 127, 126, 121, 120: return
        case 125: _ = self.uint()
        case 124: self.offset += 4
        case 123, 122: self.offset += 8
        case 119, 116: _ = self.take(Int(self.uint()))
        case 118:
            for _ in 0..<self.uint() {
                _ = self.text()
                self.skipValue()
            }
        case 117:
            for _ in 0..<self.uint() { self.skipValue() }
        default: preconditionFailure("not a value")
        }
    }
}
