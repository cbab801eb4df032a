/// What the consumer of a flow table's events keeps with each flow, in two parts: what it looks at whenever a flow
/// comes into another slice, which lies in the flow itself, and what not everyone needs, which a column beside the flows
/// holds where ``FlowTable/init(limits:keepsRecords:keepsBeside:)`` is told so.
public protocol FlowAttachment: BitwiseCopyable, Sendable {
    associatedtype Kept: BitwiseCopyable & Sendable
    associatedtype Beside: BitwiseCopyable & Sendable

    /// Puts both parts together; `beside` is `nil` where it is not kept.
    init(kept: Kept, beside: Beside?)
    var kept: Kept { get }
    var beside: Beside { get }
}
