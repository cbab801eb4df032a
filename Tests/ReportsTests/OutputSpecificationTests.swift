import Testing

@testable import Reports

@Suite("An output argument")
struct OutputSpecificationTests {
    static let cases: [(argument: String, expected: OutputSpecification)] = [
        ("-", OutputSpecification(kind: .hosts, format: .table, destination: .standardOutput)),
        ("flows:-", OutputSpecification(kind: .flows, format: .table, destination: .standardOutput)),
        ("a.csv", file(.hosts, .csv, "a.csv")),
        ("totals:dir.d/a.TSV", file(.totals, .tsv, "dir.d/a.TSV")),
        ("flows:/tmp/a.b.jsonl", file(.flows, .jsonl, "/tmp/a.b.jsonl")),
        ("C:report.csv", file(.hosts, .csv, "C:report.csv")),
        ("foo:bar.csv", file(.hosts, .csv, "foo:bar.csv")),
        ("./hosts:today.csv", file(.hosts, .csv, "./hosts:today.csv")),
        ("flows:hosts:today.csv", file(.flows, .csv, "hosts:today.csv")),
        ("Hosts:a.csv", file(.hosts, .csv, "Hosts:a.csv")),
    ]

    static func file(_ kind: OutputKind, _ format: OutputFormat, _ path: String) -> OutputSpecification {
        OutputSpecification(kind: kind, format: format, destination: .file(path: path))
    }

    @Test("names a kind, a place and by its extension a format", arguments: cases)
    func parsing(argument: String, expected: OutputSpecification) throws {
        #expect(try OutputSpecification(parsing: argument) == expected)
    }

    @Test("is written in the format asked for, whatever the extension")
    func override() throws {
        #expect(try OutputSpecification(parsing: "a.csv", format: .jsonl) == Self.file(.hosts, .jsonl, "a.csv"))
        #expect(try OutputSpecification(parsing: "a.txt", format: .table) == Self.file(.hosts, .table, "a.txt"))
        #expect(try OutputSpecification(parsing: "totals:-", format: .csv).format == .csv)
    }

    static let mistakes: [(argument: String, error: ReportError)] = [
        ("a.txt", .unknownExtension("txt", path: "a.txt")),
        ("a.csv/b", .unknownExtension("", path: "a.csv/b")),
        (".csv", .unknownExtension("", path: ".csv")),
        ("hosts", .unknownExtension("", path: "hosts")),
        ("hosts:", .emptyDestination(argument: "hosts:")),
        ("", .emptyDestination(argument: "")),
        ("a.sqlite", .plannedFormat("sqlite")),
        ("a.html", .plannedFormat("html")),
        ("services:a.csv", .plannedKind("services")),
        ("alerts:-", .plannedKind("alerts")),
    ]

    @Test("that makes no sense is a mistake of usage", arguments: mistakes)
    func mistake(argument: String, error: ReportError) {
        #expect(throws: error) { try OutputSpecification(parsing: argument) }
        #expect(error.category == .usage)
    }

    @Test("that makes no sense is answered with what does")
    func messages() {
        #expect(
            ReportError.unknownExtension("txt", path: "a.txt").description
                == "a.txt: unknown extension '.txt'; known are .csv, .tsv, .jsonl, or say --format")
        #expect(
            ReportError.unknownExtension("", path: "hosts").description
                == "hosts: the name has no extension; known are .csv, .tsv, .jsonl, or say --format;"
                + " for standard output write 'hosts:-'")
        #expect(ReportError.plannedFormat("html").description == "this version does not write html yet")
        #expect(
            ReportError.plannedKind("alerts").description
                == "this version does not write alerts yet; it writes hosts, totals, flows")
        #expect(
            ReportError.unknownFormat("xml").description
                == "unknown format 'xml'; the formats are table, csv, tsv, jsonl")
    }

    @Test("of --format is one of the formats")
    func formats() throws {
        #expect(try OutputFormat(name: "tsv") == .tsv)
        #expect(throws: ReportError.plannedFormat("ecs")) { try OutputFormat(name: "ecs") }
        #expect(throws: ReportError.unknownFormat("CSV")) { try OutputFormat(name: "CSV") }
    }
}

@Suite("Several outputs")
struct SeveralOutputsTests {
    @Test("that are none at all are a table of hosts")
    func none() throws {
        let hosts = OutputSpecification(kind: .hosts, format: .table, destination: .standardOutput)
        #expect(try OutputSpecification.parse([]) == [hosts])
        #expect(try OutputSpecification.parse([], format: .csv).map(\.format) == [.csv])
    }

    @Test("keep their order")
    func order() throws {
        let outputs = try OutputSpecification.parse(["flows:a.csv", "-", "totals:-", "b.csv"])
        #expect(outputs.map(\.kind) == [.flows, .hosts, .totals, .hosts])
    }

    @Test(
        "do not share a file",
        arguments: [
            ["a.csv", "flows:a.csv"], ["a.csv", "totals:./a.csv"], ["/x//a.csv", "totals:/x/./a.csv"],
        ])
    func oneFile(arguments: [String]) {
        let place = arguments[0] == "/x//a.csv" ? "/x/a.csv" : "a.csv"
        #expect(throws: ReportError.sameDestination(place)) { try OutputSpecification.parse(arguments) }
    }

    @Test("share standard output as tables of different kinds only")
    func standardOutput() throws {
        #expect(try OutputSpecification.parse(["-", "totals:-", "flows:-"]).count == 3)
        #expect(throws: ReportError.sameDestination("-")) { try OutputSpecification.parse(["-", "hosts:-"]) }
        #expect(throws: ReportError.sameDestination("-")) {
            try OutputSpecification.parse(["-", "totals:-"], format: .jsonl)
        }
    }
}
