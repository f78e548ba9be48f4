import Testing

@testable import relay_bench

@Suite struct MustTests {
    @Test("A limit holds at the limit, is missed beyond it, and isn't judged without a figure")
    func limit() {
        let must = Must.ratio(atMost: 1.8)
        #expect(must.verdict(Figures(ratio: 1.8)) == .met)
        #expect(must.verdict(Figures(ratio: 1.81)) == .missed)
        #expect(must.verdict(Figures()) == .unmeasured)
    }

    @Test("A limit of a difference holds below zero and at the limit, whatever the figure itself is")
    func difference() {
        let must = Must.difference(atMost: 3000)
        #expect(must.verdict(Figures(relay: 9000, difference: 3000)) == .met)
        #expect(must.verdict(Figures(relay: 20, difference: -100)) == .met)
        #expect(must.verdict(Figures(relay: 20, difference: 3001)) == .missed)
        #expect(must.verdict(Figures(relay: 20, ratio: 1)) == .unmeasured)
    }

    @Test("Being below nchan is asked only where nchan is installed")
    func belowNchan() {
        #expect(Must.belowNchan.verdict(Figures(relay: 2, nchan: 3)) == .met)
        #expect(Must.belowNchan.verdict(Figures(relay: 3, nchan: 3)) == .missed)
        #expect(Must.belowNchan.verdict(Figures(relay: 3)) == .met)
        #expect(Must.belowNchan.verdict(Figures(nchan: 3)) == .unmeasured)
    }

    @Test("Of two musts joined by and, one missed is enough")
    func and() {
        let must = Must.ratio(atMost: 1.3).and(.belowNchan)
        #expect(must.verdict(Figures(relay: 2, nchan: 3, ratio: 1.2)) == .met)
        #expect(must.verdict(Figures(relay: 4, nchan: 3, ratio: 1.2)) == .missed)
        #expect(must.verdict(Figures(relay: 2, nchan: 3)) == .unmeasured)
    }

    @Test("Of two musts joined by or, one met is enough")
    func or() {
        let must = Must.relay(atLeast: 10_000).or(.ratio(atLeast: 0.4))
        #expect(must.verdict(Figures(relay: 9000, ratio: 0.5)) == .met)
        #expect(must.verdict(Figures(relay: 12_000)) == .met)
        #expect(must.verdict(Figures(relay: 9000, ratio: 0.3)) == .missed)
        #expect(must.verdict(Figures(relay: 9000)) == .unmeasured)
    }
}
