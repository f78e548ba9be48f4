import NIOCore

/// A buffer that somebody else keeps for the next use, as it was seen last. Its pages can be given back between two uses.
struct KeptBuffer {
    /// Of ``PageBlocks``; 0 for none.
    private var block: UInt = 0
    private var size = 0
    /// What holds the block: while there is this, the block is nobody else's.
    private weak var owner: AnyObject?

    mutating func see(_ buffer: ByteBuffer) {
        unsafe buffer.withVeryUnsafeBytesWithStorageManagement { bytes, owner in
            let address = UInt(bitPattern: bytes.baseAddress)
            guard address != self.block || bytes.count != self.size else { return }
            let isBlock = PageBlocks.sizes.contains(bytes.count) && address % UInt(bytes.count) == 0
            guard isBlock else { return self.forget() }
            self.block = address
            self.size = bytes.count
            unsafe self.owner = owner.takeUnretainedValue()
        }
    }

    mutating func forget() {
        self.block = 0
        self.size = 0
        self.owner = nil
    }

    /// Gives the buffer's pages back, and what is in them is gone. Does nothing where the buffer is no more.
    ///
    /// - Precondition: nobody is to read what the buffer held, and it was seen since it last grew.
    mutating func empty() {
        if let owner {
            withExtendedLifetime(owner) { PageBlocks.empty(self.block, self.size) }
        } else {
            self.forget()
        }
    }
}
