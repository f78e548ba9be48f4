import RelayWire

extension PulseServerFrame {
    /// Whether it is no longer than a frame may be.
    var fits: Bool { self.size <= PulseFraming.prefixSize + PulseFraming.maximumFrame }
}
