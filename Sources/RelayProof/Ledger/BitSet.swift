/// A set of small numbers, one bit each up to the largest.
struct BitSet: Sendable {
    private var words: [UInt64] = []

    func contains(_ number: Int) -> Bool {
        let (word, bit) = number.quotientAndRemainder(dividingBy: 64)
        return word < self.words.count && self.words[word] & (1 << UInt64(bit)) != 0
    }

    /// - Returns: whether it is new.
    @discardableResult
    mutating func insert(_ number: Int) -> Bool {
        let (word, bit) = number.quotientAndRemainder(dividingBy: 64)
        if word >= self.words.count {
            self.words.append(contentsOf: repeatElement(0, count: word + 1 - self.words.count))
        }
        guard self.words[word] & (1 << UInt64(bit)) == 0 else { return false }
        self.words[word] |= 1 << UInt64(bit)
        return true
    }
}
