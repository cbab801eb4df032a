import ArgumentParser
import CheckpointStore
import Reports

struct CheckpointInspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect", abstract: "Show what is in a checkpoint.")

    @Flag(help: "As JSON.")
    var json = false

    @Argument(help: ArgumentHelp("A directory of checkpoints, or one checkpoint.", valueName: "directory"))
    var directory: String

    func run() throws {
        do throws(CheckpointError) {
            let checkpoint = try NamedCheckpoints(directory).one(directory)
            print(
                json ? checkpoint.manifest.json(path: checkpoint.path) : Self.text(of: checkpoint), terminator: "")
        } catch {
            throw StandardError.exit(error)
        }
    }

    private static func text(of checkpoint: StoredCheckpoint) -> String {
        let manifest = checkpoint.manifest
        let description = manifest.description
        let facts = [
            [manifest.kind.rawValue, "\(manifest.sequence) in \(CheckpointText.printable(checkpoint.path))"],
            ["taken", HumanText.time(manifest.created)],
            ["by", "Tidemark \(CheckpointText.printable(description.tidemarkVersion))"],
            ["format", "\(manifest.formatVersion)"],
            ["builds on", manifest.base?.folder ?? "-"],
            ["watermark", description.watermark.map { HumanText.time($0) } ?? "-"],
        ]
        var text = CheckpointText.table(facts)
        section("configuration", description.configuration.map { [$0.name, $0.value] })
        section("inputs", description.inputs.map(input))
        section("figures", description.figures.map { [$0.name, HumanText.grouped($0.value)] })
        section("sinks", description.sinks.map { [$0.name, "\(HumanText.grouped($0.position)) \($0.unit)"] })
        text += "\n" + parts(manifest)
        return text

        func section(_ title: String, _ rows: [[String]]) {
            guard !rows.isEmpty else { return }
            let cells = rows.map { $0.map(CheckpointText.printable) }
            text += "\n\(title)\n" + CheckpointText.table(cells, indentation: "  ")
        }
    }

    private static func input(_ input: InputPosition) -> [String] {
        let size = input.identity.file.map { ", file of \(HumanText.grouped($0.byteCount))" } ?? ""
        return [
            input.identity.name, "byte \(HumanText.grouped(input.position))\(size)",
            "\(HumanText.grouped(input.packets)) packets",
        ]
    }

    private static func parts(_ manifest: CheckpointManifest) -> String {
        var rows = [["PART", "VERSION", "STATE", "ON DISK", "RATIO", "CRC-32"]]
        for part in manifest.parts {
            rows.append([
                part.isChanges ? part.name + " (changes)" : part.name, "\(part.stateVersion)",
                HumanText.bytes(part.contentByteCount),
                HumanText.bytes(part.byteCount), CheckpointText.ratio(part.contentByteCount, part.byteCount),
                CheckpointText.checksum(part.checksum),
            ])
        }
        rows.append([
            "all", "", HumanText.bytes(manifest.contentByteCount), HumanText.bytes(manifest.byteCount),
            CheckpointText.ratio(manifest.contentByteCount, manifest.byteCount), "",
        ])
        return CheckpointText.table(rows, rightAligned: [1, 2, 3, 4])
    }
}
