import Testing

@testable import RelayCore

@Suite("What gives way when memory runs short")
struct SheddingOrderTests {
    /// A whole of 1,000, so that a percent is 10, and no bound of an account's own.
    private let order: SheddingOrder

    init() {
        var limits = MemoryLimits(whole: 1_000)
        for account in MemoryAccount.allCases { limits[account] = .max }
        self.order = SheddingOrder(limits: limits)
    }

    private func admitted(total: Int) -> Set<MemoryAccount> {
        Set(MemoryAccount.allCases.filter { self.order.admits(10, to: $0, balance: 0, total: total) })
    }

    @Test(
        "strangers and telemetry first, then bodies and answers, then waiting drafts, documents and presence, readers last"
    )
    func inOrder() {
        let all: Set<MemoryAccount> = [
            .hotTier, .readers, .waiting, .requests, .answers, .strangers, .documents, .presence, .telemetry,
        ]
        #expect(self.admitted(total: 740) == all)
        #expect(self.admitted(total: 790) == all.subtracting([.hotTier]))
        #expect(self.admitted(total: 791) == [.readers, .waiting, .documents, .presence, .requests, .answers])
        #expect(self.admitted(total: 891) == [.readers, .waiting, .documents, .presence])
        #expect(self.admitted(total: 941) == [.readers])
        #expect(self.admitted(total: 990) == [.readers])
        #expect(self.admitted(total: 991) == [])
    }

    @Test("the hot tier gives back what others take, before anybody is refused")
    func hotTier() {
        #expect(self.order.hotTierAllowance(others: 0) == 750)
        #expect(self.order.hotTierAllowance(others: 500) == 250)
        #expect(self.order.hotTierAllowance(others: 800) == 0)
    }

    @Test("an account's own bound holds whatever room there is")
    func ownBound() {
        var limits = MemoryLimits(whole: 1_000)
        limits[.answers] = 100
        limits[.hotTier] = 300
        let order = SheddingOrder(limits: limits)
        #expect(order.admits(40, to: .answers, balance: 60, total: 60))
        #expect(!order.admits(41, to: .answers, balance: 60, total: 60))
        #expect(order.hotTierAllowance(others: 0) == 300)
    }

    @Test("connections are closed above 95 %, until 90 % is reached")
    func closing() {
        #expect(self.order.excess(total: 950) == 0)
        #expect(self.order.excess(total: 951) == 51)
        #expect(self.order.excess(total: 1_200) == 300)
    }

    @Test("no number is too large for it")
    func extremes() {
        let order = SheddingOrder(limits: MemoryLimits(whole: .max))
        #expect(!order.admits(.max, to: .answers, balance: 1, total: 1))
        #expect(order.admits(1 << 40, to: .answers, balance: 1 << 50, total: 1 << 60))
        #expect(order.excess(total: 1 << 60) == 0)
    }

    @Test("the whole is half of what the machine has beside the memory store, and never nothing")
    func whole() {
        #expect(MemoryLimits.whole(of: 8 << 30) == 4 << 30)
        #expect(MemoryLimits.whole(of: 2 << 30, reserved: 1 << 30) == 512 << 20)
        #expect(MemoryLimits.whole(of: 100 << 20) == 64 << 20)
        #expect(MemoryLimits.whole(of: 1 << 30, reserved: 4 << 30) == 64 << 20)
        let limits = MemoryLimits(whole: 1 << 30)
        #expect(limits[.answers] == 256 << 20)
        #expect(limits[.strangers] == 64 << 20)
        #expect(MemoryLimits(whole: 64 << 20)[.strangers] == 8 << 20)
    }
}
