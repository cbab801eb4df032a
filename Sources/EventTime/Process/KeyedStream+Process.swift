extension KeyedStream where Upstream: ~Copyable, Inner: ~Copyable {
    /// The results of a function of each key's elements, which may keep state and set timers.
    @inlinable public consuming func process<Function: ProcessFunction>(
        _ function: Function
    ) -> KeyedStream<Upstream, Chain<Inner, ProcessOperator<Function>>>
    where Function.Key == Inner.Key, Function.Input == Inner.Result, Function.Output: Sendable {
        process(ProcessOperator(function))
    }

    /// The results of a function of the elements of two connected streams, by the same key.
    @inlinable public consuming func process<Function: ConnectedProcessFunction>(
        _ function: Function
    ) -> KeyedStream<Upstream, Chain<Inner, ProcessOperator<ConnectedProcess<Function>>>>
    where
        Function.Key == Inner.Key, Either<Function.Left, Function.Right> == Inner.Result, Function.Output: Sendable
    {
        process(ProcessOperator(ConnectedProcess(function)))
    }
}
