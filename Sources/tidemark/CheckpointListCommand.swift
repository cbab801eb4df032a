import ArgumentParser
import CheckpointStore
import EventTime
import Reports

struct CheckpointListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List checkpoints and savepoints, the newest first.")

    @Argument(help: ArgumentHelp("A directory of checkpoints, or one checkpoint.", valueName: "directory"))
    var directory: String

    func run() throws {
        do throws(CheckpointError) {
            try list()
        } catch {
            throw StandardError.exit(error)
        }
    }

    /// To the second: a row is to fit a terminal, and `inspect` says the rest.
    private static func second(_ time: Nanoseconds) -> String {
        HumanText.time(time.roundedDown(toMultipleOf: .second))
    }

    private func list() throws(CheckpointError) {
        let (catalog, folders): (CheckpointCatalog, [String])
        switch try NamedCheckpoints(directory) {
        case .directory(let found): (catalog, folders) = (found, try found.checkpoints().map(\.folder))
        case .checkpoint(let found, let folder): (catalog, folders) = (found, [folder])
        }
        var rows = [["NAME", "TAKEN", "WATERMARK", "ON DISK"]]
        for folder in folders {
            do throws(CheckpointError) {
                let manifest = try catalog.open(folder).manifest
                rows.append([
                    folder, Self.second(manifest.created),
                    manifest.description.watermark.map(Self.second) ?? "-",
                    (manifest.base == nil ? "" : "+") + HumanText.bytes(manifest.byteCount),
                ])
            } catch {
                // The process that runs may have removed it meanwhile.
                if case .damaged = error {
                    rows.append([folder, "damaged: see 'tidemark checkpoint verify'"])
                } else if catalog.contains(folder) {
                    throw error
                }
            }
        }
        print(CheckpointText.table(rows, rightAligned: [3]), terminator: "")
    }
}
