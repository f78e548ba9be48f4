import StoreContract
import Testing

@Suite("The contract of stores")
struct StoreContractTests {
    @Test("every store keeps", arguments: StoreUnderTest.all, StoreContract.cases)
    func contract(store: StoreUnderTest, rule: ContractCase) async throws {
        try await rule.check(store)
    }
}
