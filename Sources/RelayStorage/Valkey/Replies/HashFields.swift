import NIOCore
import RelayCore
import RelayValkey
import RelayWire

/// A hash as `HGETALL` gives it.
struct HashFields {
    private var values: [String: ByteBuffer] = [:]

    /// - Throws: `corrupt` where the key holds another kind of value.
    init(_ reply: ValkeyReply) throws(StoreError) {
        if case .error(let error) = reply { throw StoreError(server: error) }
        let items = reply.array ?? []
        for index in stride(from: 0, to: items.count - 1, by: 2) {
            if let name = items[index].text, let value = items[index + 1].buffer { self.values[name] = value }
        }
    }

    var isEmpty: Bool { self.values.isEmpty }

    /// All fields. Names are compared as Swift compares texts, so they must be ours.
    var texts: [(name: String, text: String)] { self.values.map { ($0.key, String(buffer: $0.value)) } }

    func text(_ name: String) -> String? { self.values[name].map { String(buffer: $0) } }

    func buffer(_ name: String) -> ByteBuffer? { self.values[name] }

    func bytes(_ name: String) -> [UInt8]? { self.values[name].map { Array($0.readableBytesView) } }

    func moment(_ name: String) -> Timestamp? {
        self.values[name].flatMap { value in
            var reader = FieldReader(value)
            return reader.moment()
        }
    }

    /// - Throws: `corrupt` where a field that is never missing is.
    func required<Value>(_ value: Value?, _ name: String) throws(StoreError) -> Value {
        guard let value else { throw StoreError(.corrupt, "the field \(name) is missing") }
        return value
    }
}
