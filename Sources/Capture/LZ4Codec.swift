import CLZ4

/// LZ4 frames through liblz4.
final class LZ4Codec: DecompressionCodec {
    private let context: OpaquePointer?
    private(set) var isBetweenFrames = true

    init() {
        var context: OpaquePointer?
        let result = LZ4F_createDecompressionContext(&context, UInt32(LZ4F_VERSION))
        self.context = LZ4F_isError(result) == 0 ? context : nil
    }

    deinit { LZ4F_freeDecompressionContext(context) }

    func step(_ input: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> DecompressionStep {
        var step = DecompressionStep()
        guard let context else {
            step.failure = "out of memory"
            return step
        }
        if isBetweenFrames && input.isEmpty { return step }
        var consumed = input.count
        var produced = output.count
        let result = LZ4F_decompress(context, output.baseAddress, &produced, input.baseAddress, &consumed, nil)
        if LZ4F_isError(result) != 0 {
            step.failure = String(cString: LZ4F_getErrorName(result))
        } else {
            step.consumed = consumed
            step.produced = produced
            isBetweenFrames = result == 0
        }
        return step
    }
}
