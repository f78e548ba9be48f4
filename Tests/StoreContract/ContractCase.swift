public import Testing

/// One rule that every store keeps.
public struct ContractCase: Sendable, CustomTestStringConvertible {
    public let testDescription: String
    /// Throws, or records an issue, where the store breaks the rule.
    public let check: @Sendable (StoreUnderTest) async throws -> Void

    init(_ sentence: String, _ check: @escaping @Sendable (StoreUnderTest) async throws -> Void) {
        self.testDescription = sentence
        self.check = check
    }
}
