/// What a user's program does with the elements of one key: Flink's KeyedProcessFunction.
///
/// A function is a value with constants; what it remembers of a key lies in states that it declares as properties,
/// and reaches through the context:
///
///     struct SilentSensor: ProcessFunction {
///         typealias Key = String
///         typealias Output = Alarm
///
///         let deadline = ValueState<Nanoseconds>("deadline")
///
///         func process(_ reading: Reading, in context: inout Context) {
///             if let deadline = context[deadline] { context.deleteTimer(at: deadline) }
///             context[deadline] = context.time + 60 * .second
///             context.setTimer(at: context.time + 60 * .second)
///         }
///
///         func timer(_ timer: FiredTimer, in context: inout Context) {
///             context[deadline] = nil
///             context.emit(Alarm(sensor: context.key, silentSince: timer.time))
///         }
///     }
///
/// Each worker runs a copy. A function must not remember anything elsewhere: that would be neither saved nor the same
/// for another number of workers.
public protocol ProcessFunction<Key, Input, Output>: Sendable {
    associatedtype Key: StreamKey
    associatedtype Input
    /// ``WithSide`` where the function has a side output, such as for elements it can do nothing with; that one's
    /// second type is an enumeration where it has several.
    associatedtype Output

    typealias Context = ProcessContext<Key, Output>

    /// Takes the next element of the context's key.
    func process(_ element: Input, in context: inout Context)

    /// A timer that the function had set for the context's key has come.
    func timer(_ timer: FiredTimer, in context: inout Context)

    /// The states that the function declares: found among its properties, and those of structures in them, where it
    /// does not say otherwise.
    var states: [any StateDeclaration] { get }
}

extension ProcessFunction {
    @inlinable @inline(__always)
    public func timer(_ timer: FiredTimer, in context: inout Context) {}

    public var states: [any StateDeclaration] { declaredStates(of: self) }
}

/// A timer that has come.
@frozen public struct FiredTimer: Hashable, Sendable {
    /// The time it was set for, in ns since the epoch.
    public let time: Nanoseconds
    /// What it went by.
    public let domain: TimeDomain

    @inlinable public init(time: Nanoseconds, domain: TimeDomain) {
        self.time = time
        self.domain = domain
    }
}

/// What a user's program does with the elements of two streams that are connected by key, and share its state:
/// Flink's KeyedCoProcessFunction.
public protocol ConnectedProcessFunction<Key, Left, Right, Output>: Sendable {
    associatedtype Key: StreamKey
    associatedtype Left
    associatedtype Right
    associatedtype Output

    typealias Context = ProcessContext<Key, Output>

    /// Takes the next element of the stream that was connected to the other.
    func process(left element: Left, in context: inout Context)

    /// Takes the next element of the stream to which it was connected.
    func process(right element: Right, in context: inout Context)

    /// A timer that the function had set for the context's key has come.
    func timer(_ timer: FiredTimer, in context: inout Context)

    /// The states that the function declares, as in ``ProcessFunction/states``.
    var states: [any StateDeclaration] { get }
}

extension ConnectedProcessFunction {
    @inlinable @inline(__always)
    public func timer(_ timer: FiredTimer, in context: inout Context) {}

    public var states: [any StateDeclaration] { declaredStates(of: self) }
}

/// A function of two streams as one of the elements of either.
@frozen public struct ConnectedProcess<Function: ConnectedProcessFunction>: ProcessFunction {
    public typealias Key = Function.Key
    public typealias Input = Either<Function.Left, Function.Right>
    public typealias Output = Function.Output

    @usableFromInline let function: Function

    @inlinable public init(_ function: Function) { self.function = function }

    @inlinable @inline(__always)
    public func process(_ element: Input, in context: inout Context) {
        switch element {
        case .left(let value): function.process(left: value, in: &context)
        case .right(let value): function.process(right: value, in: &context)
        }
    }

    @inlinable @inline(__always)
    public func timer(_ timer: FiredTimer, in context: inout Context) { function.timer(timer, in: &context) }

    public var states: [any StateDeclaration] { function.states }
}
