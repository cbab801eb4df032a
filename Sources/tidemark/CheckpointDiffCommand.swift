import ArgumentParser
import CheckpointStore
import Reports

struct CheckpointDiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Show in what two checkpoints differ.",
        discussion: "One line for each difference, first the one, then the other; nothing where there is none.")

    @Argument(help: ArgumentHelp("A directory of checkpoints, or one checkpoint.", valueName: "directory"))
    var first: String

    @Argument(help: ArgumentHelp("Another.", valueName: "directory"))
    var second: String

    func run() throws {
        do throws(CheckpointError) {
            let one = try NamedCheckpoints(first).one(first).manifest
            let other = try NamedCheckpoints(second).one(second).manifest
            print(
                CheckpointText.table(Self.differences(Self.facts(of: one), Self.facts(of: other))), terminator: "")
        } catch {
            throw StandardError.exit(error)
        }
    }

    /// Everything in a manifest as a name and a text; what stands there several times under one name, together.
    private static func facts(of manifest: CheckpointManifest) -> [(name: String, text: String)] {
        let description = manifest.description
        var facts: [(name: String, text: String)] = [
            ("kind", manifest.kind.rawValue), ("sequence", "\(manifest.sequence)"),
            ("taken", HumanText.time(manifest.created)), ("by", "Tidemark \(description.tidemarkVersion)"),
            ("format", "\(manifest.formatVersion)"), ("builds on", manifest.base?.folder ?? "-"),
            ("watermark", description.watermark.map { HumanText.time($0) } ?? "-"),
        ]
        for setting in description.configuration {
            if let index = facts.firstIndex(where: { $0.name == setting.name }) {
                facts[index].text += ", " + setting.value
            } else {
                facts.append((setting.name, setting.value))
            }
        }
        for (index, input) in description.inputs.enumerated() {
            let name = "input \(index + 1)"
            facts.append((name, input.identity.name))
            facts.append((name + " position", HumanText.grouped(input.position)))
            facts.append((name + " packets", HumanText.grouped(input.packets)))
            if let file = input.identity.file {
                facts.append((name + " bytes", HumanText.grouped(file.byteCount)))
                facts.append((name + " modified", HumanText.time(file.modified)))
                facts.append((name + " start", CheckpointText.checksum(file.startChecksum)))
            }
        }
        facts += description.figures.map { ($0.name, HumanText.grouped($0.value)) }
        facts += description.sinks.map { ("sink \($0.name)", "\(HumanText.grouped($0.position)) \($0.unit)") }
        for part in manifest.parts {
            facts.append(
                (
                    "part \(part.name)",
                    "version \(part.stateVersion), \(HumanText.grouped(part.contentByteCount)) bytes"
                        + (part.isChanges ? " of changes, " : ", ") + CheckpointText.checksum(part.checksum)
                ))
        }
        return facts
    }

    private static func differences(
        _ one: [(name: String, text: String)], _ other: [(name: String, text: String)]
    ) -> [[String]] {
        var names = one.map(\.name)
        for fact in other where !names.contains(fact.name) { names.append(fact.name) }
        return names.compactMap { name in
            let before = one.first { $0.name == name }?.text ?? "-"
            let after = other.first { $0.name == name }?.text ?? "-"
            return before == after ? nil : [name, before, after].map(CheckpointText.printable)
        }
    }
}
