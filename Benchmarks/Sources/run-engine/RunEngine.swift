public import ArgumentParser
public import EngineJobs
import Glibc

extension EngineJob: ExpressibleByArgument {}

@main
struct RunEngine: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run-engine",
        abstract: "Run one job of the engine's measurements, as peers/flink does.",
        discussion: """
            Prints the best of the rounds: seconds and elements a second, by the processor's time, which other \
            programs change less than the clock on the wall; rows, and a checksum of the rows.
            """)

    @Argument(help: "tumbling, sliding, session, count, count-sliding, unique-tumbling or unique-sliding.")
    var job: EngineJob

    @Argument(help: "Elements of the stream.")
    var elements = 1 << 24

    @Argument(help: "Elements that have the same second of event time.")
    var rate: Int64 = 1_000_000

    @Option(help: "How often to run the job; the first round warms up where there are several.")
    var rounds = 3

    func validate() throws {
        guard elements > 0, rate > 0, rounds > 0 else { throw ValidationError("The numbers are positive.") }
        guard elements.multipliedReportingOverflow(by: 1000).overflow == false else {
            throw ValidationError("Too many elements.")
        }
    }

    func run() {
        let stream = ZipfStream(count: 1 << 22)
        var best = Double.infinity
        var outcome = EngineJob.Outcome()
        for round in 0..<rounds {
            let start = clock()
            outcome = job.run(stream, count: elements, rate: rate)
            if round > 0 || rounds == 1 { best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC)) }
        }
        let checksum = String(outcome.checksum, radix: 16)
        print(
            job.rawValue, "elements", elements, "rate", rate, "seconds", best, "elements/s",
            Int(Double(elements) / best), "rows", outcome.rows, "checksum",
            String(repeating: "0", count: 16 - checksum.count) + checksum)
    }
}
