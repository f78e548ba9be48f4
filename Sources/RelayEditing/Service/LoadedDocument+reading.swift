import RelayCore
import RelayWire
import Synchronization

/// How far the document has read its topic, for those who ask for what they have just published.
extension LoadedDocument {
    /// Returns once the document has what its topic had up to there, or can't get it any more: at once, nearly always. A document reads
    /// a moment after it is stored what comes; while several write, updates wait for each other besides.
    func whenRead(through id: MessageID) async {
        await withCheckedContinuation { reader in
            let isWaiting = self.state.withLock { state in
                guard case .ready = state.phase, state.read.through < id else { return false }
                state.awaited.append((id, reader))
                return true
            }
            if !isWaiting { reader.resume() }
        }
    }

    /// The topic was read up to there.
    ///
    /// - Parameter epoch: the id of the history. Who waits for a message of another one waits no longer: it may be gone.
    func read(through id: MessageID, in epoch: UInt64) {
        let done = self.state.withLock { state -> [CheckedContinuation<Void, Never>] in
            let isSameHistory = state.read.epoch == epoch
            state.read = (id, epoch)
            guard !state.awaited.isEmpty else { return [] }
            let done = state.awaited.filter { !isSameHistory || $0.through <= id }.map(\.reader)
            state.awaited.removeAll { !isSameHistory || $0.through <= id }
            return done
        }
        for reader in done { reader.resume() }
    }

    /// What they wait for may never come.
    func stopWaiting() {
        let awaited = self.state.withLock { state in
            defer { state.awaited = [] }
            return state.awaited
        }
        for (_, reader) in awaited { reader.resume() }
    }
}
