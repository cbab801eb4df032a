import CZstd

/// Zstandard frames through libzstd.
final class ZstdCodec: DecompressionCodec {
    /// Frames that need a larger window are refused: a few bytes of input may not claim gigabytes.
    private static let largestWindowLog: CInt = 27

    private let context: OpaquePointer?
    private(set) var isBetweenFrames = true

    init() {
        context = ZSTD_createDCtx()
        if let context { _ = ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, Self.largestWindowLog) }
    }

    deinit { ZSTD_freeDCtx(context) }

    func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecompressionStep {
        var step = DecompressionStep()
        guard let context else {
            step.failure = "out of memory"
            return step
        }
        if isBetweenFrames && input.isEmpty { return step }
        var source = ZSTD_inBuffer(src: input.baseAddress, size: input.count, pos: 0)
        var target = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
        let result = ZSTD_decompressStream(context, &target, &source)
        step.consumed = source.pos
        if ZSTD_isError(result) != 0 {
            step.failure = String(cString: ZSTD_getErrorName(result))
        } else {
            step.produced = target.pos
            isBetweenFrames = result == 0
        }
        return step
    }
}
