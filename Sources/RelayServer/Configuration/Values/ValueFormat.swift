/// How one kind of value is written: what is accepted, how it is read, and how it is shown.
struct ValueFormat<Value: Sendable>: Sendable {
    /// What is accepted, as the end of the sentence "it must be …".
    var expected: String
    /// How it may be written, where that is more than one way: "a number of bytes, or like 64KiB".
    var forms: String?
    /// Whether no value is ever shown.
    var isSecret = false
    let read: @Sendable (ConfigurationValue) throws(ValueRejection) -> Value
    /// nil for a value that stands for "not set".
    let show: @Sendable (Value) -> ConfigurationValue?

    /// - Parameter parse: nil refuses the text.
    static func text(
        expected: String,
        forms: String? = nil,
        parse: @escaping @Sendable (String) -> Value?,
        show: @escaping @Sendable (Value) -> String
    ) -> ValueFormat {
        ValueFormat(expected: expected, forms: forms) { value throws(ValueRejection) in
            guard case .text(let text) = value, let value = parse(text) else { throw ValueRejection() }
            return value
        } show: {
            .text(show($0))
        }
    }

    /// The same, but with no value by default.
    var optional: ValueFormat<Value?> {
        ValueFormat<Value?>(expected: self.expected, forms: self.forms, isSecret: self.isSecret) {
            value throws(ValueRejection) in
            try self.read(value)
        } show: {
            $0.flatMap(self.show)
        }
    }

    /// The same, described in other words.
    func expecting(_ expected: String) -> ValueFormat {
        var copy = self
        copy.expected = expected
        return copy
    }

    /// The same, less the values for which `reason` gives one.
    func refusing(_ reason: @escaping @Sendable (Value) -> String?) -> ValueFormat {
        ValueFormat(expected: self.expected, forms: self.forms, isSecret: self.isSecret) {
            value throws(ValueRejection) in
            let value = try self.read(value)
            if let reason = reason(value) { throw ValueRejection(reason: reason) }
            return value
        } show: {
            self.show($0)
        }
    }
}
