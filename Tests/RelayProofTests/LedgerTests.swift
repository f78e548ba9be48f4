import RelayClient
import RelayProof
import Testing

@Suite("The ledger, case by case")
struct LedgerTests {
    private var ledger = Ledger(run: "r", topics: ["t"], readerCount: 2)

    private mutating func begin(at time: Int64 = 0) -> Int {
        self.ledger.publishBegan(publisher: 0, topic: 0, at: time)
    }

    private func message(_ number: Int, _ id: String, at time: Int64 = 0) -> RelayMessage {
        let envelope = Envelope(run: "r", publisher: 0, number: number, startedAt: time, fillerSize: 3)
        return RelayMessage(topic: "t", messageID: id, payload: envelope.payload, timestamp: "")
    }

    private func message(_ number: Int, _ id: String, filler: String) -> RelayMessage {
        let payload: JSONDocument = [
            "run": "r", "publisher": 0, "number": .number(JSONNumber(number)), "started_at": 0,
            "filler": .string(filler),
        ]
        return RelayMessage(topic: "t", messageID: id, payload: payload, timestamp: "")
    }

    @Test("A publish without an acknowledgement may be missing, but no reader may pass it over that another one got")
    mutating func unknown() {
        let first = self.begin()
        let second = self.begin()
        self.ledger.publishAcknowledged(second, id: "1-2", at: 5)
        for reader in 0..<2 {
            self.ledger.readerAttached(reader, at: 0)
            self.ledger.delivered(self.message(second, "1-2"), to: reader, at: 9)
        }
        var untouched = self.ledger
        untouched.close(settlingBeganAt: 10)
        #expect(untouched.tallies[0].faults.isEmpty)
        #expect(untouched.tallies[0].unknown == 1)

        var passedOver = Ledger(run: "r", topics: ["t"], readerCount: 2)
        _ = passedOver.publishBegan(publisher: 0, topic: 0, at: 0)
        _ = passedOver.publishBegan(publisher: 0, topic: 0, at: 0)
        passedOver.delivered(self.message(first, "1-1"), to: 0, at: 1)
        passedOver.delivered(self.message(second, "1-2"), to: 0, at: 1)
        passedOver.delivered(self.message(second, "1-2"), to: 1, at: 1)
        passedOver.close(settlingBeganAt: 10)
        #expect(passedOver.tallies[0].faults == [.lost: 1])
    }

    @Test("What is not there at the end is lost to a reader that was connected, and unseen by one that couldn't be")
    mutating func unreached() {
        let number = self.begin()
        self.ledger.publishAcknowledged(number, id: "1-1", at: 5)
        self.ledger.readerAttached(0, at: 20)
        self.ledger.readerDetached(0)
        self.ledger.readerAttached(1, at: 3)
        self.ledger.readerDetached(1)
        #expect(!self.ledger.isSettled)
        self.ledger.close(settlingBeganAt: 10)
        #expect(self.ledger.tallies[0].faults == [.lost: 1])
        #expect(self.ledger.tallies[0].unseen == 1)
    }

    @Test("A gap covers the ids between its two, and no others")
    mutating func gap() {
        let numbers = (0..<3).map { _ in self.begin() }
        for number in numbers { self.ledger.publishAcknowledged(number, id: "1-\(number + 1)", at: 5) }
        for reader in 0..<2 { self.ledger.readerAttached(reader, at: 10) }
        self.ledger.toldGap(MessageGap(topic: "t", after: "1-1", resumedFrom: "1-3"), to: 0)
        self.ledger.toldGap(MessageGap(topic: "t", after: "0", resumedFrom: nil), to: 1)
        self.ledger.close(settlingBeganAt: 10)
        #expect(self.ledger.tallies[0].toldAsGap == 4)
        #expect(self.ledger.tallies[0].faults == [.lost: 2])
    }

    @Test("A message is live for a reader that was connected before its publish, and recovered for others")
    mutating func recovered() {
        self.ledger.readerAttached(0, at: 0)
        let number = self.begin(at: 1_000_000)
        self.ledger.readerAttached(1, at: 2_000_000)
        for reader in 0..<2 { self.ledger.delivered(self.message(number, "1-1"), to: reader, at: 31_000_000) }
        let tally = self.ledger.tallies[0]
        #expect(tally.delivered == 2)
        #expect(tally.recovered == 1)
        #expect(tally.live.max == 30_000)
        #expect(tally.resumed.count == 1)
    }

    @Test("A payload that is not the one published is foreign, whatever is wrong with it")
    mutating func foreign() {
        let number = self.begin()
        let otherRun = Envelope(run: "x", publisher: 0, number: 0, startedAt: 0, fillerSize: 0).payload
        let messages = [
            self.message(number, "1-1", filler: "xyz"), self.message(7, "1-2"), self.message(-1, "1-3"),
            RelayMessage(topic: "t", messageID: "1-4", payload: otherRun, timestamp: ""),
            RelayMessage(topic: "t", messageID: "1-5", payload: .null, timestamp: ""),
            RelayMessage(topic: "t", messageID: "no id", payload: .null, timestamp: ""),
            RelayMessage(topic: "elsewhere", messageID: "1-6", payload: .null, timestamp: ""),
        ]
        for message in messages { self.ledger.delivered(message, to: 0, at: 1) }
        #expect(self.ledger.tallies[0].faults == [.foreign: messages.count])
    }

    @Test("The longest time without an acknowledgement counts both ends")
    mutating func outage() {
        self.ledger.publishingBegan(at: 100)
        let numbers = (0..<2).map { _ in self.begin() }
        self.ledger.publishAcknowledged(numbers[0], id: "1-1", at: 130)
        self.ledger.publishAcknowledged(numbers[1], id: "1-2", at: 150)
        #expect(self.ledger.acknowledgements.longest == 30)
        self.ledger.publishingEnded(at: 200)
        #expect(self.ledger.acknowledgements.longest == 50)
    }
}
