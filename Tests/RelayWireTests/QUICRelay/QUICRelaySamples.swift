import NIOCore
import RelayWire

/// Messages of the control stream, as an independent packer of MessagePack writes them, with their lengths.
enum QUICRelaySamples {
    static let requests: [(String, QUICRelayRequest)] = [
        (
            "3984a474797065a461757468a67469636b6574a174a570726f6f6683a56e6f6e6365a16ea36b6579a16ba97369676e6174757265a173"
                + "a2696407",
            QUICRelayRequest(
                .auth(.init(ticket: "t", proof: .init(nonce: "n", key: "k", signature: "s"))),
                id: 7
            )
        ),
        (
            "2e84a474797065a461757468a67469636b6574a174aa73657373696f6e5f6964a27331a7706565725f6964a3626f62",
            QUICRelayRequest(.auth(.init(ticket: "t", session: "s1", peer: "bob")))
        ),
        (
            "1e82a474797065a96368616c6c656e6765aa73657373696f6e5f6964a27331",
            QUICRelayRequest(.challenge(session: "s1"))
        ),
        (
            "2a85a474797065a462696e64a2746fa3626f62a674756e6e656c01a46b696e64a673747265616da2696402",
            QUICRelayRequest(.bind(to: "bob", tunnel: 1, kind: "stream"), id: 2)
        ),
        (
            "1c83a474797065a462696e64a2746fa3626f62a674756e6e656ccd012c",
            QUICRelayRequest(.bind(to: "bob", tunnel: 300, kind: "stream"))
        ),
        ("1582a474797065a6756e62696e64a674756e6e656c01", QUICRelayRequest(.unbind(tunnel: 1))),
        ("0c81a474797065a57374617473", QUICRelayRequest(.stats(tunnel: nil))),
        ("1482a474797065a57374617473a674756e6e656c05", QUICRelayRequest(.stats(tunnel: 5))),
        (
            "1883a474797065a46563686fa464617461c4026869a2696401",
            QUICRelayRequest(.echo(ByteBuffer(string: "hi")), id: 1)
        ),
        ("0d81a474797065a6676f61776179", QUICRelayRequest(.goAway)),
        ("1382a474797065a56572726f72a4636f6465a178", QUICRelayRequest(.error)),
    ]

    static let answers: [(String, QUICRelayAnswer)] = [
        (
            "405d87a474797065a7617574685f6f6ba5616c6c6f63a23066aa73657373696f6e5f6964a27331a7706565725f6964a2616ca66c696d"
                + "69747381a774756e6e656c7340ae7365727665725f74696d655f6d73cf0000018bcfe56800a2726507",
            QUICRelayAnswer(
                .authOK(
                    .init(
                        allocation: "0f",
                        session: "s1",
                        peer: "al",
                        limits: [.init("tunnels", 64)],
                        serverTimeMilliseconds: 1_700_000_000_000
                    )
                ),
                re: 7
            )
        ),
        (
            "2483a474797065a96368616c6c656e6765a56e6f6e6365a16eaa657870697265735f6d7305",
            QUICRelayAnswer(.challenge(nonce: "n", expiresMilliseconds: 5))
        ),
        (
            "3d86a474797065a5626f756e64a674756e6e656c01a7706565725f6964a3626f62a46b696e64a673747265616da974756e6e656c5f69"
                + "64a27431a2726502",
            QUICRelayAnswer(.bound(.init(tunnel: 1, peer: "bob", kind: "stream", id: "t1")), re: 2)
        ),
        (
            "2783a474797065a7756e626f756e64a674756e6e656c01a6726561736f6ea9706565725f676f6e65",
            QUICRelayAnswer(.unbound(tunnel: 1, reason: "peer_gone"))
        ),
        (
            "405882a474797065a57374617473a774756e6e656c739186a674756e6e656c01a7706565725f6964a3626f62a473656e74cd012ca872"
                + "656365697665"
                + "6400a773747265616d7301b164726f707065645f646174616772616d7302",
            QUICRelayAnswer(
                .stats([
                    .init(tunnel: 1, peer: "bob", sent: 300, received: 0, streams: 1, droppedDatagrams: 2)
                ])
            )
        ),
        (
            "1883a474797065a46563686fa464617461c4026869a2726501",
            QUICRelayAnswer(.echo(ByteBuffer(string: "hi")), re: 1)
        ),
        (
            "1c82a474797065a6676f61776179ab646561646c696e655f6d73cd2710",
            QUICRelayAnswer(.goAway(deadlineMilliseconds: 10_000))
        ),
        (
            "3285a474797065a56572726f72a4636f6465a96e6f745f666f756e64a76d657373616765a24e6fa674756e6e656c04a2726509",
            QUICRelayAnswer(.error(code: "not_found", message: "No", tunnel: 4), re: 9)
        ),
    ]
}
