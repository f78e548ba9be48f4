import NIOCore
import NIOWebSocket
import RelayCore
import RelayTunnels
import RelayWire

/// What the other relay says.
extension TunnelLink {
    func received(text: ByteBuffer) { self.broken() }

    func received(binary: ByteBuffer) {
        guard let message = TunnelLinkMessage(binary) else { return self.broken() }
        switch (self.phase, message) {
        case (.open, _): self.hears?(message, self)
        case (.asking, .bound): self.answered(.bound)
        case (.asking, .refused(let code)): self.answered(.refused(code))
        case (.asking, _): self.broken()
        case (.bound(let tunnel, let number), _): self.hear(message, of: tunnel, number)
        case (.over, _): break
        }
    }

    func drained() {}

    /// A relay of another version, say.
    func broken() { self.breakOff(.protocolError, "Not what relays say to each other") }

    private func hear(_ message: TunnelLinkMessage, of tunnel: RelayedTunnel, _ number: UInt64) {
        switch message {
        case .unbound(let reason):
            self.close()
            let reason = QUICAllocation.Unbinding(rawValue: reason) ?? .peerGone
            self.near.tell { $0.unbind(number, tunnel, because: reason) }
        case .open(let stream):
            guard !self.streams.isFull else { return self.say(.end(stream, code: QUICRelayFailure.tooMany.rawValue)) }
            guard self.streams.opened(stream) else { return self.broken() }
            let counterpart = Counterpart.away(self.reference, stream)
            self.near.tell { $0.open(counterpart, of: tunnel, at: number) }
        case .opened(let stream):
            let counterpart = Counterpart.away(self.reference, stream)
            self.streams[stream]?.tell { $0.connect(to: counterpart) }
        case .data(let stream, let bytes): self.hear(bytes, of: stream, tunnel)
        case .finished(let stream): self.streams[stream]?.tell { $0.deliver(ByteBuffer(), isLast: true) }
        case .taken(let stream, let count): self.streams[stream]?.tell { $0.taken(count) }
        case .reset(let stream, let code): self.streams[stream]?.tell { $0.reset(code) }
        case .stop(let stream, let code): self.streams[stream]?.tell { $0.stop(code) }
        case .end(let stream, let code):
            self.streams.end(stream)?.tell { $0.end(QUICRelayFailure(rawValue: code) ?? .failed) }
        case .closed(let stream):
            self.streams[stream]?.tell { $0.counterpartClosed() }
            self.streams.closedThere(stream)
        case .datagram(let bytes): self.hear(bytes, of: tunnel, number)
        case .bind, .bound, .refused, .moved: self.broken()
        }
    }

    private func hear(_ bytes: ByteBuffer, of number: UInt64, _ tunnel: RelayedTunnel) {
        guard let stream = self.streams[number] else { return }
        let count = bytes.readableBytes
        guard self.services.memory.charge(count, to: .answers) else {
            self.end(number, .overloaded)
            return stream.tell { $0.end(.overloaded) }
        }
        tunnel.carried(count, from: self.side.other)
        let now = NIODeadline.now()
        if let moment = self.bandwidth?.spend(count, at: now), moment > now { self.streams.pause(until: moment) }
        stream.tell { $0.deliver(bytes, isLast: false) }
    }

    private func hear(_ datagram: ByteBuffer, of tunnel: RelayedTunnel, _ number: UInt64) {
        let count = datagram.readableBytes
        guard self.bandwidth?.take(count, at: .now()) ?? true else { return self.drop(tunnel) }
        tunnel.carried(count, from: self.side.other)
        self.near.tell { $0.send(datagram, of: tunnel, at: number) }
    }
}

extension TunnelLinkMessage {
    /// As whole WebSocket frames, one behind the other. Where nothing is masked the peers' bytes are not copied.
    func frames(by role: WebSocketRole) -> [ByteBuffer] {
        var head = self.head
        let payload = self.payload
        let size = head.readableBytes + payload.readableBytes
        var frame = ByteBuffer()
        if let key = role.maskingKey {
            frame.reserveCapacity(
                WebSocketFraming.headerSize(payloadSize: size) + WebSocketFraming.maskingKeySize + size
            )
            head.writeImmutableBuffer(payload)
            WebSocketFraming.write(.binary, head, maskedBy: key, into: &frame)
            return [frame]
        }
        WebSocketFraming.writeHeader(.binary, payloadSize: size, into: &frame)
        frame.writeBuffer(&head)
        return payload.readableBytes > 0 ? [frame, payload] : [frame]
    }
}
