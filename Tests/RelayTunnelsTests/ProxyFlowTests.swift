import RelayTunnels
import Testing

@Suite("One direction of a tunnel of proxy frames")
struct ProxyFlowTests {
    @Test("takes 0, 1, 2 and so on; a gap or a repeat breaks it", arguments: [0, 2, 4, .max] as [UInt64])
    func order(wrong: UInt64) {
        var flow = ProxyFlow(window: 1 << 20)
        #expect([0, 1, 2].map { flow.receive($0, bytes: 1) } == [.deliver, .deliver, .deliver])
        #expect(flow.receive(wrong, bytes: 1) == .broken(.sequence))
        #expect(flow.receive(3, bytes: 1) == .deliver)
    }

    @Test("begins with 0")
    func start() {
        var flow = ProxyFlow(window: 1 << 20)
        #expect(flow.receive(1, bytes: 1) == .broken(.sequence))
    }

    @Test("holds what does not fit in the window, and goes on with it after an acknowledgement")
    func window() {
        var flow = ProxyFlow(window: 1_000)
        #expect(flow.receive(0, bytes: 600) == .deliver)
        #expect(flow.receive(1, bytes: 401) == .hold)
        #expect(flow.receive(1, bytes: 401) == .hold)
        #expect(flow.receive(1, bytes: 400) == .deliver)
        #expect(flow.inFlight == 1_000)
        #expect(flow.receive(2, bytes: 1) == .hold)
        #expect(flow.acknowledge(1, window: nil) == true)
        #expect(flow.inFlight == 400)
        #expect(flow.receive(2, bytes: 600) == .deliver)
    }

    @Test("takes a frame that is larger than the window alone; a window does not shrink under its sender")
    func largeFrame() {
        var flow = ProxyFlow(window: 1_000)
        #expect(flow.receive(0, bytes: 5_000) == .deliver)
        #expect(flow.receive(1, bytes: 1) == .hold)
        #expect(flow.acknowledge(1, window: 0) == true)
        #expect(flow.receive(1, bytes: 1_000) == .deliver)
        #expect(flow.acknowledge(2, window: 2_000) == true)
        #expect(flow.receive(2, bytes: 2_000) == .deliver)
    }

    @Test("counts a small frame as no less than the least, so that frames are bounded too")
    func smallFrames() {
        var flow = ProxyFlow(window: 1 << 20)
        var count: UInt64 = 0
        while flow.receive(count, bytes: 1) == .deliver { count += 1 }
        #expect(count == (1 << 20) / 256)
    }

    @Test("is at its end after a frame without data, once that is acknowledged; what comes behind it breaks it")
    func end() {
        var flow = ProxyFlow(window: 1_000)
        #expect(flow.receive(0, bytes: 0) == .deliver)
        #expect(!flow.isFinished)
        #expect(flow.receive(1, bytes: 0) == .broken(.afterEnd))
        #expect(flow.acknowledge(1, window: nil) == true)
        #expect(flow.isFinished)
    }

    @Test("does not take an acknowledgement of what was never delivered, and an old one says nothing")
    func acknowledgement() {
        var flow = ProxyFlow(window: 1_000)
        #expect(flow.acknowledge(1, window: nil) == false)
        #expect(flow.receive(0, bytes: 1) == .deliver)
        #expect(flow.acknowledge(2, window: nil) == false)
        #expect(flow.acknowledge(1, window: nil) == true)
        #expect(flow.acknowledge(0, window: nil) == true)
        #expect(flow.acknowledged == 1)
    }

    @Test("has a sender that was away resume from what was acknowledged, or from what was acknowledged meanwhile")
    func newConnection() {
        for resumed in [2, 3, 4, 5] as [UInt64] {
            var flow = Self.interrupted()
            flow.rewind(isNewConnection: true)
            #expect(flow.acknowledge(5, window: nil) == true)
            var arrivals: [ProxyFlow.Arrival] = []
            for sequence in resumed...6 { arrivals.append(flow.receive(sequence, bytes: 1)) }
            // What the receiver has is not sent again.
            #expect(arrivals == (resumed..<5).map { _ in .passOver } + [.deliver, .deliver])
        }
        var flow = Self.interrupted()
        flow.rewind(isNewConnection: true)
        #expect(flow.receive(1, bytes: 1) == .broken(.sequence))
        #expect(flow.receive(3, bytes: 1) == .broken(.sequence))
    }

    @Test("passes over what its sender had sent before it heard that it must resume")
    func stragglers() {
        var flow = Self.interrupted()
        flow.rewind(isNewConnection: false)
        #expect([5, 6].map { flow.receive($0, bytes: 1) } == [.passOver, .passOver])
        #expect(flow.receive(9, bytes: 1) == .broken(.sequence))
        #expect([2, 3, 4, 5, 6].map { flow.receive($0, bytes: 1) } == Array(repeating: .deliver, count: 5))
        #expect(flow.receive(2, bytes: 1) == .broken(.sequence))
    }

    @Test("delivers what comes before its sender has heard, where nothing is lost")
    func nothingLost() {
        var flow = Self.interrupted()
        #expect(flow.acknowledge(5, window: nil) == true)
        flow.rewind(isNewConnection: false)
        #expect(flow.receive(5, bytes: 1) == .deliver)
        // It hears of it now.
        #expect([5, 6].map { flow.receive($0, bytes: 1) } == [.deliver, .deliver])
    }

    @Test("lets its sender end again what was not acknowledged")
    func endAgain() {
        var flow = ProxyFlow(window: 1_000)
        #expect(flow.receive(0, bytes: 0) == .deliver)
        flow.rewind(isNewConnection: true)
        #expect(flow.receive(0, bytes: 0) == .deliver)
        #expect(flow.acknowledge(1, window: nil) == true)
        #expect(flow.isFinished)
    }

    /// Frames 0 to 4 have come, the first two are acknowledged.
    private static func interrupted() -> ProxyFlow {
        var flow = ProxyFlow(window: 1 << 20)
        for sequence in 0..<5 as Range<UInt64> { #expect(flow.receive(sequence, bytes: 1) == .deliver) }
        #expect(flow.acknowledge(2, window: nil) == true)
        return flow
    }
}
