/// Makes one watermark of those of several inputs: the least one over the inputs that are active and aligned.
///
/// The rules are those of Flink's `StatusWatermarkValve`. There is no watermark before each active input has sent one.
/// An input that goes idle leaves the minimum at once; one that becomes active again counts only once it has caught up
/// with the watermark given out (it is aligned then). Where the last active input goes idle and had held the watermark,
/// that jumps to the highest of all inputs. O(inputs) per change.
public struct WatermarkValve: Sendable {
    /// What the inputs together say.
    public enum Output: Hashable, Sendable {
        case watermark(Nanoseconds)
        case idle
        case active
    }

    @usableFromInline struct Input: Sendable {
        @usableFromInline var watermark = Nanoseconds.min
        @usableFromInline var isActive = true
        @usableFromInline var isAligned = true

        @inlinable init() {}
    }

    @usableFromInline var inputs: [Input]
    /// The watermark given out last; `Int64.min` at first.
    @inlinable public var watermark: Nanoseconds { given }
    @usableFromInline var given = Nanoseconds.min
    /// Whether every input is idle.
    public internal(set) var isIdle = false

    public init(inputCount: Int) {
        precondition(inputCount > 0)
        inputs = Array(repeating: Input(), count: inputCount)
    }

    /// An input's watermark. Ignored where it is not above the input's last one, or the input is idle.
    @inlinable public mutating func advance(_ input: Int, to time: Nanoseconds, emit: (Output) -> Void) {
        guard inputs[input].isActive, time > inputs[input].watermark else { return }
        inputs[input].watermark = time
        if time >= watermark { inputs[input].isAligned = true }
        raiseToLeast(emit)
    }

    /// An input has nothing to give for now.
    public mutating func makeIdle(_ input: Int, emit: (Output) -> Void) {
        guard inputs[input].isActive else { return }
        inputs[input].isActive = false
        inputs[input].isAligned = false
        let heldBack = inputs[input].watermark == watermark
        if inputs.contains(where: \.isActive) {
            if heldBack { raiseToLeast(emit) }
        } else {
            if heldBack { raise(to: inputs.reduce(.min) { max($0, $1.watermark) }, emit) }
            isIdle = true
            emit(.idle)
        }
    }

    /// An idle input is waited for again.
    public mutating func makeActive(_ input: Int, emit: (Output) -> Void) {
        guard !inputs[input].isActive else { return }
        inputs[input].isActive = true
        if inputs[input].watermark >= watermark { inputs[input].isAligned = true }
        if isIdle {
            isIdle = false
            emit(.active)
        }
    }

    @inlinable mutating func raiseToLeast(_ emit: (Output) -> Void) {
        var least = Nanoseconds.max
        var hasAligned = false
        for input in inputs where input.isAligned {
            least = min(least, input.watermark)
            hasAligned = true
        }
        if hasAligned { raise(to: least, emit) }
    }

    @inlinable mutating func raise(to time: Nanoseconds, _ emit: (Output) -> Void) {
        guard time > given else { return }
        given = time
        emit(.watermark(time))
    }
}

extension WatermarkValve {
    public func snapshot(into state: inout StateEncoder) {
        state.encode(watermark)
        isIdle.encode(into: &state)
        state.encode(UInt64(inputs.count))
        for input in inputs {
            state.encode(input.watermark)
            input.isActive.encode(into: &state)
            input.isAligned.encode(into: &state)
        }
    }

    /// Throws ``StateError`` where the bytes are not those of a valve with as many inputs.
    public mutating func restore(from state: inout StateDecoder) throws(StateError) {
        given = try state.decode()
        isIdle = try Bool(from: &state)
        guard try state.decode(UInt64.self) == UInt64(inputs.count) else {
            throw state.invalid("not a valve of \(inputs.count) inputs")
        }
        for number in inputs.indices {
            inputs[number].watermark = try state.decode()
            inputs[number].isActive = try Bool(from: &state)
            inputs[number].isAligned = try Bool(from: &state)
        }
        guard isIdle != inputs.contains(where: \.isActive), inputs.allSatisfy({ $0.isActive || !$0.isAligned })
        else { throw state.invalid("inputs that contradict one another") }
    }
}
