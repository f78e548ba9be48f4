/// Where packets leave by.
protocol PacketOutput: AnyObject {
    /// Sends packets now or never: what the system does not take is lost, as anything may be on the way.
    ///
    /// - Parameters:
    ///   - bytes: packets of one size, one behind the other; the last may be shorter.
    ///   - size: that size, bytes.
    func send(_ bytes: UnsafeRawBufferPointer, size: Int, on path: Transport.Path)
}
