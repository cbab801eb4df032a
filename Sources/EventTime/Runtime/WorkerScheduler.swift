/// Runs the workers of a pipeline on the pipeline's own thread, in an order of its choosing: for simulations, in which
/// everything that threads could do is to come from a seed.
public protocol WorkerScheduler: AnyObject {
    /// Adds a worker. `work` does its next piece of work, and answers false where it has none now.
    func add(_ work: @escaping () -> Bool)

    /// A turn has gone out to the workers: some may go on, or none.
    func yield()

    /// Lets workers go on until `isReady`, which some worker will bring about.
    func wait(until isReady: () -> Bool)
}
