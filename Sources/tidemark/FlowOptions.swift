public import ArgumentParser
import EventTime
public import Packets

extension IPLayer: ExpressibleByArgument {}

/// What `replay` and `live` share about flows, limits and work.
struct FlowOptions: ParsableArguments {
    @Option(help: "Which IP header is the host's where packets are tunnelled: inner or outer.")
    var layer = IPLayer.inner

    @Option(help: ArgumentHelp("End a flow without a packet for so long.", valueName: "duration"))
    var idleTimeout = TimeSpan(nanoseconds: 60 * .second)

    @Option(help: ArgumentHelp("Cut a flow that has lasted so long.", valueName: "duration"))
    var activeTimeout = TimeSpan(nanoseconds: 300 * .second)

    @Option(help: ArgumentHelp("Live flows; past it the flow next to end is evicted.", valueName: "n"))
    var maxFlows = 1 << 20

    @Option(help: ArgumentHelp("Hosts of a slice; past it new ones share the row 'other'.", valueName: "n"))
    var maxHosts = 1 << 20

    @Option(
        help: ArgumentHelp(
            """
            Parallel workers: from 2 on, reading, analysis and writing go side by side; more than 3 make no difference \
            yet. (default: the number of cores)
            """, valueName: "n"))
    var workers: Int?

    func validate() throws {
        guard idleTimeout.nanoseconds > 0, activeTimeout.nanoseconds > 0 else {
            throw ValidationError("--idle-timeout and --active-timeout must be longer than 0.")
        }
        guard (1...(1 << 30)).contains(maxFlows), (1...(1 << 30)).contains(maxHosts) else {
            throw ValidationError("--max-flows and --max-hosts must lie between 1 and 1073741824.")
        }
        guard workers.map({ (1...256).contains($0) }) ?? true else {
            throw ValidationError("--workers must lie between 1 and 256.")
        }
    }
}
