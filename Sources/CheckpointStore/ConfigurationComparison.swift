/// Whether a checkpoint fits a command that is to go on from it.
public enum ConfigurationComparison {
    /// Each difference as a sentence; none where the checkpoint fits.
    ///
    /// Whatever results do not depend on, as the number of workers, is in neither configuration. An input is the same
    /// if it has its name and its beginning, and either its length and time of modification, or has grown since:
    /// captures that are still written do. Device and inode are not compared, so that files may be copied with their
    /// times.
    public static func differences(
        stored: CheckpointDescription, current: [NamedText], inputs: [InputIdentity]
    ) -> [String] {
        configurationDifferences(stored.configuration, current)
            + inputDifferences(stored.inputs, inputs)
    }

    private static func configurationDifferences(_ stored: [NamedText], _ current: [NamedText]) -> [String] {
        var names: [String] = []
        for setting in stored + current where !names.contains(setting.name) { names.append(setting.name) }
        return names.compactMap { name in
            let was = stored.filter { $0.name == name }.map(\.value)
            let now = current.filter { $0.name == name }.map(\.value)
            guard was != now else { return nil }
            return "\(name): the checkpoint has \(words(was)), this command \(words(now))"
        }
    }

    private static func words(_ values: [String]) -> String {
        values.isEmpty ? "none" : values.map { $0.isEmpty ? "''" : $0 }.joined(separator: ", ")
    }

    private static func inputDifferences(_ stored: [InputPosition], _ current: [InputIdentity]) -> [String] {
        let was = stored.map(\.identity.name)
        let now = current.map(\.name)
        guard was == now else {
            let (before, after) = (Set(was), Set(now))
            let missing = was.filter { !after.contains($0) }.map {
                "\($0): an input of the checkpoint, not of this command"
            }
            let added = now.filter { !before.contains($0) }.map {
                "\($0): an input of this command, not of the checkpoint"
            }
            let differences = missing + added
            return differences.isEmpty ? ["the inputs are in another order than in the checkpoint"] : differences
        }
        return zip(stored, current).compactMap { position, identity in
            difference(position, identity).map { "\(identity.name): \($0)" }
        }
    }

    private static func difference(_ stored: InputPosition, _ current: InputIdentity) -> String? {
        switch (stored.identity.file, current.file) {
        case (nil, nil): return nil
        case (nil, _): return "was no file when the checkpoint was taken, and is one now"
        case (_, nil): return "was a file when the checkpoint was taken, and is none now"
        case (let was?, let now?):
            if now.byteCount < was.byteCount {
                return "has \(now.byteCount) bytes, and had \(was.byteCount) when the checkpoint was taken"
            }
            if now.startByteCount == was.startByteCount, now.startChecksum != was.startChecksum {
                return "does not begin as it did when the checkpoint was taken"
            }
            if now.byteCount == was.byteCount, now.modified != was.modified {
                return "was modified after the checkpoint was taken"
            }
            return nil
        }
    }
}
