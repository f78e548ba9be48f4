import NIOCore

/// Makes the endpoints of a listener, with what they share.
struct EndpointMaker: Sendable {
    private let settings: TransportSettings
    private let certificate: QUICCertificate
    private let limits: QUICLimits
    private let admission: Admission
    private let charge: (@Sendable (Int) -> Bool)?
    private let plans: [ConnectionIDPlan]
    private let directory: EndpointDirectory
    private let accept: @Sendable (QUICConnection) -> (any QUICConnectionHandler)?

    init(
        _ configuration: QUICListener.Configuration,
        count: Int,
        _ directory: EndpointDirectory,
        _ accept: @escaping @Sendable (QUICConnection) -> (any QUICConnectionHandler)?
    ) {
        self.settings = TransportSettings(
            configuration.settings,
            resetSecret: configuration.secret,
            tokenSecret: TransportSettings.makeSecret()
        )
        self.certificate = configuration.certificate
        self.limits = configuration.limits.share(of: count)
        self.admission = Admission(limits: configuration.limits)
        self.charge = configuration.charge
        self.plans = ConnectionIDPlan.plans(count)
        self.directory = directory
        self.accept = accept
    }

    /// To be called on the loop.
    func makeHandler(_ index: Int, on loop: any EventLoop) -> QUICSocketHandler {
        let port = UDPPort()
        let directory = self.directory
        let endpoint = QUICEndpoint(
            loop: loop,
            settings: self.settings,
            plan: self.plans[index],
            output: port,
            counts: EndpointCounts(),
            server: QUICEndpoint.Server(
                certificate: self.certificate,
                limits: self.limits,
                admission: self.admission,
                charge: self.charge,
                accept: self.accept
            ),
            // The directory has the endpoint, too.
            forward: { [weak directory] index, packet, path in directory?.forward(packet, on: path, to: index) }
        )
        directory.enter(endpoint, at: index)
        return QUICSocketHandler(endpoint: endpoint, port: port, intake: UDPIntake())
    }
}

extension QUICLimits {
    /// For one of several sockets, which share the book of those that come in.
    fileprivate func share(of count: Int) -> QUICLimits {
        var share = self
        share.firstAnswersPerSecond = (self.firstAnswersPerSecond + count - 1) / count
        share.strayAnswersPerSecond = (self.strayAnswersPerSecond + count - 1) / count
        return share
    }
}
