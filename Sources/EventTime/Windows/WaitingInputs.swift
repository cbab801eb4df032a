/// The newest inputs of folds, which wait for the memory beside the folds' rows in which they are to be put. They are
/// taken in the order they came, and all of them before anybody looks at a fold.
@usableFromInline typealias WaitingInputs<Input> = WaitingRing<WaitingInput<Input>, 8>

@usableFromInline struct WaitingInput<Input> {
    @usableFromInline var input: Input
    /// The fold's number.
    @usableFromInline var fold: Int

    @inlinable init(_ input: Input, to fold: Int) {
        self.input = input
        self.fold = fold
    }
}
