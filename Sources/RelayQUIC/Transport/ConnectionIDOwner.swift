/// Who knows which packets are whose.
protocol ConnectionIDOwner: AnyObject {
    /// Packets for an id are the connection's from now on.
    ///
    /// - Parameter id: of chance.
    /// - Returns: the id to use.
    func made(_ id: ConnectionID) -> ConnectionID

    /// No packet for an id comes any more.
    func retired(_ id: ConnectionID)
}
