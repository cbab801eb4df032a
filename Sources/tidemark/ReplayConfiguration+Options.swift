import Glibc
import Pipeline

extension ReplayConfiguration {
    /// What `replay` and `live` are told alike.
    mutating func take(_ windows: WindowOptions, _ flows: FlowOptions, _ checkpoints: CheckpointOptionGroup) {
        self.windows = windows.windows
        watermarkDelay = windows.delay
        allowedLateness = windows.allowedLateness.nanoseconds
        layer = flows.layer
        idleTimeout = flows.idleTimeout.nanoseconds
        activeTimeout = flows.activeTimeout.nanoseconds
        maximumFlows = flows.maxFlows
        maximumHosts = flows.maxHosts
        workers = flows.workers ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        self.checkpoints = checkpoints.options
    }
}
