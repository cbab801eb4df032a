import ArgumentParser
import Foundation

@main
struct VectorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "eventtime-vectors",
        abstract: "Run recorded cases of stream processing through the EventTime engine.",
        discussion: """
            A FILE holds one case in JSON: what is done to an operator, step by step, and perhaps what is expected to \
            come out. A case that says what it expects is compared with what the engine makes of it: the first \
            difference of each case goes to standard output, and at the end the number of cases that agree and that \
            do not. A case that does not is written to standard output with "expected" filled in; with several such \
            files, one case after the other, each in the order of the files. What is not JSON goes to standard error \
            then.

            Inside a step rows are compared without their order, and the elements of a session likewise. Families: \
            datastream; sql, where the query is an aggregation of windows.

            Exit status: 0 all agree, or all were written; 1 something differs; 64 usage; 65 a file is damaged, or \
            asks for something unknown; 66 a file cannot be read.
            """,
        version: "eventtime-vectors 0.1")

    @Flag(help: "Write what comes out of every case; compare none.")
    var write = false

    @Flag(help: "Use the operator for windows of any kind even where windows could share slices.")
    var general = false

    @Argument(help: "Cases in JSON.")
    var file: [String]

    func run() throws {
        var tally = Tally()
        for path in file { process(path, &tally) }
        if tally.compared > 0 {
            tell("\(tally.compared - tally.different) passed, \(tally.different) failed", aside: tally.written > 0)
        }
        if let status = tally.status { throw ExitCode(status) }
    }

    private struct Tally {
        var compared = 0
        var different = 0
        var written = 0
        /// The exit status; of several reasons the highest.
        var status: Int32?

        mutating func fail(_ status: Int32) { self.status = max(self.status ?? 0, status) }
    }

    private func process(_ path: String, _ tally: inout Tally) {
        guard let data = FileManager.default.contents(atPath: path) else {
            complain("\(path): cannot be read")
            return tally.fail(66)
        }
        do {
            let document = try JSONDecoder().decode(JSONValue.self, from: data)
            guard let fields = document.object else { throw CaseError.malformed("no case, but \(document.text)") }
            let outcome = try outcome(of: document)
            guard !write, let expected = fields["expected"] else {
                let filled = fields.merging(["expected": outcome.expected]) { $1 }
                FileHandle.standardOutput.write(Data(JSONValue.object(filled).caseText.utf8))
                tally.written += 1
                return
            }
            let difference = try outcome.difference(expected)
            tally.compared += 1
            if let difference {
                tally.different += 1
                tally.fail(1)
                tell("\(path): \(difference)", aside: tally.written > 0)
            }
        } catch let error as CaseError {
            complain("\(path): \(error)")
            tally.fail(65)
        } catch {
            complain("\(path): no JSON: \(error)")
            tally.fail(65)
        }
    }

    private func outcome(
        of document: JSONValue
    ) throws -> (expected: JSONValue, difference: (JSONValue) throws -> String?) {
        switch document.object?["family"]?.string {
        case "datastream":
            let instance = try StreamCase(document)
            let outcome = instance.run(sharesSlices: !general)
            return (
                outcome.expected,
                { try outcome.difference(from: $0, sequencesAreSets: instance.mergesWindows) }
            )
        case "sql":
            let outcome = try QueryCase(document).run(sharesSlices: !general)
            return (outcome.expected, { try outcome.difference(from: $0) })
        case let other?: throw CaseError.unknown("family \(other)")
        case nil: throw CaseError.malformed("the case has no family")
        }
    }

    private func tell(_ line: String, aside: Bool) {
        if aside { return complain(line) }
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    private func complain(_ line: String) {
        FileHandle.standardError.write(Data("eventtime-vectors: \(line)\n".utf8))
    }
}
