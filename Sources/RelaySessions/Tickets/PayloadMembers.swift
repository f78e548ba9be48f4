import NIOCore
import RelayWire

/// The members of a payload's JSON object, by name. A name that repeats makes the payload malformed: readers would differ in which they take.
struct PayloadMembers {
    private let scanner: JSONScanner
    private let values: [String: JSONValue]

    /// - Parameter payload: bounded by the caller.
    init(_ payload: [UInt8]) throws(TicketRefusal) {
        var scanner = JSONScanner(ByteBuffer(bytes: payload))
        let values = try Self.values(&scanner)
        do {
            try scanner.finish()
        } catch {
            throw .malformed
        }
        self.init(scanner: scanner, values: values)
    }

    private init(scanner: JSONScanner, values: [String: JSONValue]) {
        self.scanner = scanner
        self.values = values
    }

    private static func values(_ scanner: inout JSONScanner) throws(TicketRefusal) -> [String: JSONValue] {
        var values: [String: JSONValue] = [:]
        do {
            try scanner.enterObject()
            while let name = try scanner.nextMember() {
                let value = try scanner.value()
                guard let name = scanner.text(of: name), values.updateValue(value, forKey: name) == nil else {
                    throw TicketRefusal.malformed
                }
            }
        } catch {
            throw .malformed
        }
        return values
    }

    var names: Set<String> { Set(self.values.keys) }

    func text(_ name: String) throws(TicketRefusal) -> String {
        guard let text = try self.textIfThere(name) else { throw .malformed }
        return text
    }

    func textIfThere(_ name: String) throws(TicketRefusal) -> String? {
        guard let value = self.values[name] else { return nil }
        guard let text = self.scanner.text(of: value) else { throw .malformed }
        return text
    }

    func integer(_ name: String) throws(TicketRefusal) -> Int64 {
        guard let integer = try self.integerIfThere(name) else { throw .malformed }
        return integer
    }

    /// A number of digits alone, perhaps with a minus: no fraction and no exponent.
    func integerIfThere(_ name: String) throws(TicketRefusal) -> Int64? {
        guard let value = self.values[name] else { return nil }
        guard value.kind == .number, let integer = Int64(String(buffer: self.scanner.copy(value.range))) else {
            throw .malformed
        }
        return integer
    }

    /// An array of strings.
    func texts(_ name: String) throws(TicketRefusal) -> [String] {
        guard let value = self.values[name], value.kind == .array else { throw .malformed }
        var scanner = self.scanner.at(value)
        var texts: [String] = []
        do {
            try scanner.enterArray()
            while try scanner.nextElement() {
                guard let text = scanner.text(of: try scanner.value()) else { throw TicketRefusal.malformed }
                texts.append(text)
            }
        } catch {
            throw .malformed
        }
        return texts
    }

    func objectIfThere(_ name: String) throws(TicketRefusal) -> PayloadMembers? {
        guard let value = self.values[name] else { return nil }
        guard value.kind == .object else { throw .malformed }
        var scanner = self.scanner.at(value)
        return PayloadMembers(scanner: self.scanner, values: try Self.values(&scanner))
    }
}
