import NIOCore

/// How many handshakes one address may begin a second, which cost the server the most of all that a stranger can ask for. Pure.
struct HandshakePace {
    /// Addresses that are remembered. Beyond, those go that have been quiet.
    private static let most = 4_096

    /// What is left of a second's share or two, at a moment.
    private struct Share {
        var left: Double
        var moment: NIODeadline
    }

    private let perSecond: Double
    private var shares: [PeerAddress.Network: Share] = [:]

    init(perSecond: Int) {
        self.perSecond = Double(perSecond)
    }

    /// - Returns: whether one may begin now.
    mutating func take(_ network: PeerAddress.Network, at now: NIODeadline) -> Bool {
        var share = self.shares[network] ?? Share(left: self.burst, moment: now)
        share = self.grown(share, at: now)
        let isTaken = share.left >= 1
        if isTaken { share.left -= 1 }
        if self.shares[network] == nil, self.shares.count >= Self.most { self.forget(at: now) }
        self.shares[network] = share
        return isTaken
    }

    /// How many addresses are remembered.
    var remembered: Int { self.shares.count }

    private var burst: Double { 2 * self.perSecond }

    private func grown(_ share: Share, at now: NIODeadline) -> Share {
        let seconds = Double(max(0, (now - share.moment).nanoseconds)) / 1e9
        return Share(left: min(self.burst, share.left + seconds * self.perSecond), moment: max(now, share.moment))
    }

    /// Those go that have their whole share again; where none has, all go: so many addresses at once are no matter of one of them.
    private mutating func forget(at now: NIODeadline) {
        let kept = self.shares.filter { self.grown($0.value, at: now).left < self.burst }
        self.shares = kept.count < self.shares.count ? kept : [:]
    }
}
