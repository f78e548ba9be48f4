import NIOCore
import RelayCore
import RelayWire
import Testing

@testable import RelayPresence

@Suite("Words of relays as messages")
struct PresenceWordTests {
    private func message(of word: PresenceWord) -> Message { word.draft(at: .at(5)).message(id: .at(1)) }

    @Test(
        "what is written is read back",
        arguments: [
            PresenceWord.here(.named("a")), .here(.named("a_B-9", #"{"x":[1,"é\n"]}"#, of: "übel \"x\"", seen: 77)),
            .here(.named("a", "null")), .here(.named("a", "\"text\"")), .gone("a", by: .b),
        ]
    )
    func roundTrip(word: PresenceWord) {
        #expect(PresenceWord(self.message(of: word)) == word)
    }

    @Test("who is there stays until another word; that somebody has gone is told for a while")
    func lifetimes() {
        #expect(PresenceWord.here(.named("a")).draft(at: .at(0)).ttl == nil)
        #expect(PresenceWord.gone("a").draft(at: .at(0)).ttl == 300)
    }

    @Test("a connection is its words' sender, by which the newest takes the place of the others")
    func sender() {
        #expect(PresenceWord.gone("a").draft(at: .at(0)).sender == "a")
        #expect(PresenceWord.here(.named("a")).draft(at: .at(0)).sender == "a")
    }

    @Test("moments are told in milliseconds, also of clocks that are far off")
    func moments() {
        #expect(Timestamp(microseconds: 1_999).inMilliseconds.microseconds == 1_000)
        #expect(Timestamp(wholeMilliseconds: .max) == nil)
        #expect(Timestamp(wholeMilliseconds: -5)?.microseconds == -5_000)
    }

    @Test(
        "what is no such word is passed over",
        arguments: [
            "", "[]", "{}", "{\"action\":\"here\"}", "{\"action\":\"dance\",\"topic_id\":\"t\",\"relay\":\"r\"}",
            "{\"action\":\"here\",\"topic_id\":\"t\",\"relay\":\"r\",\"user_id\":\"u\",\"username\":\"n\",\"joined_at\":1e3,\"last_seen\":1}",
            "{\"action\":\"gone\",\"topic_id\":1,\"relay\":\"r\"}",
            "{\"action\":\"gone\",\"topic_id\":\"t\",\"relay\":\"r\"",
        ]
    )
    func nonsense(payload: String) {
        var draft = Draft(timestamp: .at(0), payload: ByteBuffer(string: payload))
        draft.sender = "a"
        #expect(PresenceWord(draft.message(id: .at(1))) == nil)
    }

    @Test("a word without a connection, or of none, is none", arguments: [nil, "", "a b", "é"] as [String?])
    func nobody(name: String?) {
        var draft = PresenceWord.gone("a").draft(at: .at(0))
        draft.sender = name
        #expect(PresenceWord(draft.message(id: .at(1))) == nil)
    }
}
