/// An element of one of two streams that were connected.
@frozen public enum Either<Left, Right> {
    case left(Left)
    case right(Right)
}

extension Either: Sendable where Left: Sendable, Right: Sendable {}
extension Either: Equatable where Left: Equatable, Right: Equatable {}
extension Either: Hashable where Left: Hashable, Right: Hashable {}

extension Either: StateValue where Left: StateValue, Right: StateValue {
    public func encode(into state: inout StateEncoder) {
        switch self {
        case .left(let value):
            state.encode(UInt8(0))
            value.encode(into: &state)
        case .right(let value):
            state.encode(UInt8(1))
            value.encode(into: &state)
        }
    }

    public init(from state: inout StateDecoder) throws(StateError) {
        switch try state.decode(UInt8.self) {
        case 0: self = .left(try Left(from: &state))
        case 1: self = .right(try Right(from: &state))
        case let other: throw state.invalid("\(other) is neither side")
        }
    }
}

/// What an operator with a side output emits: results and, between them in one order, what goes another way, such as
/// elements that came too late.
@frozen public enum WithSide<Main, Side> {
    case main(Main)
    case side(Side)
}

extension WithSide: Sendable where Main: Sendable, Side: Sendable {}
extension WithSide: Equatable where Main: Equatable, Side: Equatable {}
extension WithSide: Hashable where Main: Hashable, Side: Hashable {}
