internal import CLZ4
internal import EventTime

/// How state is compressed: LZ4 frames (LZ4 Frame Format Description 1.6.4) with the content's size and its xxHash-32,
/// in independent blocks of 256 KiB: `Docs/decisions/0012-checkpoint-format.md`.
enum FrameFormat {
    /// What a frame begins with.
    static let magic: [UInt8] = [0x04, 0x22, 0x4D, 0x18]
    /// Magic number, two bytes of flags, content size, header checksum.
    static let headerByteCount = 15
    /// Most bytes of content that are compressed, or handed out, at a time.
    static let chunkByteCount = StateEncoder.chunkSize

    /// The library's levels below 0 look for matches in fewer places: for planes of bytes, which are long runs or are
    /// no use to compress, that halves the time for a fifth more bytes (decision 12).
    private static let acceleration: CInt = -39

    /// The header of a frame without content: the library, for which a size of 0 is an unknown one, writes none.
    static let emptyHeader: [UInt8] = magic + [0x6C, 0x50, 0, 0, 0, 0, 0, 0, 0, 0, 0x23]

    /// For a frame of so many bytes; 0: not known yet.
    static func preferences(contentByteCount: UInt64) -> LZ4F_preferences_t {
        var preferences = LZ4F_preferences_t()
        preferences.frameInfo.blockSizeID = LZ4F_max256KB
        preferences.frameInfo.blockMode = LZ4F_blockIndependent
        preferences.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled
        preferences.frameInfo.contentSize = contentByteCount
        preferences.autoFlush = 1
        preferences.compressionLevel = acceleration
        return preferences
    }

    /// Throws what the library reports of itself.
    @discardableResult
    static func check(_ result: Int) throws(CheckpointError) -> Int {
        guard LZ4F_isError(result) == 0 else { throw .compression(String(cString: LZ4F_getErrorName(result))) }
        return result
    }
}
