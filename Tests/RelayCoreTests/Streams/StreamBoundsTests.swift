import RelayWire
import Testing

@testable import RelayCore

@Suite("The ends of a stream")
struct StreamBoundsTests {
    @Test("bounds never step back, in whatever order they are heard")
    func advance() {
        var bounds = StreamBounds(last: .ms(10), trimmedThrough: .ms(4), count: 6)
        bounds.advance(to: StreamBounds(last: .ms(9), trimmedThrough: .ms(6), count: 3))
        #expect(bounds == StreamBounds(last: .ms(10), trimmedThrough: .ms(6), count: 6))
        bounds.advance(to: StreamBounds(last: .ms(12), trimmedThrough: .ms(5), count: 7))
        #expect(bounds == StreamBounds(last: .ms(12), trimmedThrough: .ms(6), count: 7))
        bounds.advance(to: StreamBounds(last: .ms(12), trimmedThrough: .ms(12), count: 0))
        #expect(bounds == StreamBounds(last: .ms(12), trimmedThrough: .ms(12), count: 0))
    }
}
