import NIOCore

extension RequestReader {
    /// Longer numerals are refused unread. In bytes.
    private static let maximumNumeralSize = 256

    /// `30`, `30.0`, `3e1` and `"30"` alike.
    mutating func integer(_ bytes: Span<UInt8>, _ value: JSONValue, at place: FieldPlace) -> Int64? {
        guard let numeral = self.numeral(bytes, in: value) else {
            self.add(bytes, value.kind == .string ? .integerText : .integer, at: place, input: value.range)
            return nil
        }
        if let whole = self.wholeNumber(bytes, numeral) { return whole }
        guard let number = self.double(bytes, numeral) else {
            self.add(bytes, .size, at: place, input: value.range)
            return nil
        }
        guard number.rounded(.towardZero) == number else {
            self.add(bytes, .fraction, at: place, input: value.range)
            return nil
        }
        guard let whole = Int64(exactly: number) else {
            self.add(bytes, .size, at: place, input: value.range)
            return nil
        }
        return whole
    }

    /// A number with or without a fraction, or a string that holds one.
    mutating func number(_ bytes: Span<UInt8>, _ value: JSONValue, at place: FieldPlace, in range: ClosedRange<Double>)
        -> Double?
    {
        guard let numeral = self.numeral(bytes, in: value), let number = self.double(bytes, numeral) else {
            self.add(bytes, value.kind == .string ? .numberText : .number, at: place, input: value.range)
            return nil
        }
        if range.contains(number) { return number }
        let problem: FieldProblem =
            number < range.lowerBound ? .atLeast("\(range.lowerBound)") : .atMost("\(range.upperBound)")
        self.add(bytes, problem, at: place, input: value.range)
        return nil
    }

    mutating func integer(_ bytes: Span<UInt8>, _ value: JSONValue, at place: FieldPlace, in range: ClosedRange<Int>)
        -> Int?
    {
        guard let number = self.integer(bytes, value, at: place) else { return nil }
        if let number = Int(exactly: number), range.contains(number) { return number }
        let problem: FieldProblem =
            number < range.lowerBound ? .atLeast("\(range.lowerBound)") : .atMost("\(range.upperBound)")
        self.add(bytes, problem, at: place, input: value.range)
        return nil
    }

    /// The bytes of the number that `value` is, or that its text is apart from blanks around it.
    private func numeral(_ bytes: Span<UInt8>, in value: JSONValue) -> Range<Int>? {
        if value.kind == .number { return value.range }
        guard value.kind == .string, !value.hasEscapes else { return nil }
        let start = JSONGrammar.skipBlanks(bytes, from: value.contents.lowerBound)
        guard (try? JSONGrammar.kind(bytes, at: start)) == .number,
            let end = try? JSONGrammar.number(bytes, at: start),
            JSONGrammar.skipBlanks(bytes, from: end) == value.contents.upperBound
        else { return nil }
        return start..<end
    }

    /// Plain digits of up to 18 places, which is what nearly all integers are.
    private func wholeNumber(_ bytes: Span<UInt8>, _ numeral: Range<Int>) -> Int64? {
        guard numeral.count <= 18 else { return nil }
        let isNegative = bytes[numeral.lowerBound] == UInt8(ascii: "-")
        var number: Int64 = 0
        for offset in numeral.lowerBound + (isNegative ? 1 : 0)..<numeral.upperBound {
            let byte = bytes[offset]
            guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
            number = number * 10 + Int64(byte - UInt8(ascii: "0"))
        }
        return isNegative ? -number : number
    }

    /// Nil for numbers that are too long, or too large to be finite.
    private func double(_ bytes: Span<UInt8>, _ numeral: Range<Int>) -> Double? {
        guard numeral.count <= Self.maximumNumeralSize, let number = Double(bytes.string(numeral)), number.isFinite
        else { return nil }
        return number
    }
}
