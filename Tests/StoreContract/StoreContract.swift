/// The rules that every store keeps, as cases that a test target runs against its stores:
///
///     @Test(arguments: [valkey], StoreContract.cases)
///     func contract(store: StoreUnderTest, rule: ContractCase) async throws { try await rule.check(store) }
///
/// Cases take ids from receipts and never work them out, since a store may number messages by a clock of its own.
public enum StoreContract {
    public static var cases: [ContractCase] {
        self.appendCases + self.formatCases + self.epochCases + self.idempotencyCases + self.readingCases
            + self.retentionCases
            + self.snapshotCases + self.snapshotModelCases + self.transferCases
            + self.topicCases + self.firstAppendCases + self.transitionCases
            + self.deadlineCases + self.compactionCases + self.readerCases
            + self.grantCases + self.userCases + self.identityCases + self.tokenCases + self.pendingCases
            + self.serviceTokenCases + self.webhookCases
            + self.auditCases
            + self.concurrencyCases + self.modelCases
    }
}
