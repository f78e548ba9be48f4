import Configuration

/// How one kind of value is written: what is accepted, how it is read, and how it is shown.
struct ValueCodec<Value: Sendable>: Sendable {
    /// What is accepted, as the end of the sentence "it must be …".
    let expected: String
    /// How it may be written, where that is more than one way: "a number of bytes, or like 64KiB".
    var forms: String?
    let type: ConfigType
    /// Receives content of ``type`` only.
    let decode: @Sendable (ConfigContent) throws(ValueRejection) -> Value
    /// nil for a value that stands for "not set".
    let encode: @Sendable (Value) -> ConfigContent?
}

/// A value that a key doesn't take. It holds no part of the value, which may be a secret.
struct ValueRejection: Error, Hashable {
    /// Why, where `expected` alone does not say it.
    var reason: String?
}

extension ValueCodec {
    /// - Parameter parse: nil refuses the text.
    static func text(
        expected: String,
        forms: String? = nil,
        parse: @escaping @Sendable (String) -> Value?,
        render: @escaping @Sendable (Value) -> String
    ) -> ValueCodec {
        ValueCodec(expected: expected, forms: forms, type: .string) { content throws(ValueRejection) in
            guard case .string(let text) = content, let value = parse(text) else { throw ValueRejection() }
            return value
        } encode: {
            .string(render($0))
        }
    }

    /// The same, but with no value by default.
    var optional: ValueCodec<Value?> {
        ValueCodec<Value?>(expected: self.expected, forms: self.forms, type: self.type) {
            content throws(ValueRejection) in
            try self.decode(content)
        } encode: {
            $0.flatMap(self.encode)
        }
    }

    /// The same, described in other words.
    func expecting(_ expected: String) -> ValueCodec {
        ValueCodec(expected: expected, forms: self.forms, type: self.type, decode: self.decode, encode: self.encode)
    }

    /// The same, less the values for which `reason` gives one.
    func refusing(_ reason: @escaping @Sendable (Value) -> String?) -> ValueCodec {
        ValueCodec(expected: self.expected, forms: self.forms, type: self.type) { content throws(ValueRejection) in
            let value = try self.decode(content)
            if let reason = reason(value) { throw ValueRejection(reason: reason) }
            return value
        } encode: {
            self.encode($0)
        }
    }
}
