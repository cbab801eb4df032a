import Packets

/// Why packets were malformed, and an example of each reason, for `-v`.
struct MalformedLog {
    struct Entry {
        var count: UInt64 = 0
        var firstNumber: UInt64 = 0
    }

    var entries: [Entry] = Array(repeating: Entry(), count: 256)

    mutating func note(_ problem: DecodeProblem, packet number: UInt64) {
        if entries[Int(problem.rawValue)].count == 0 { entries[Int(problem.rawValue)].firstNumber = number }
        entries[Int(problem.rawValue)].count += 1
    }

    /// A line for each reason that occurred.
    var lines: [String] {
        DecodeProblem.allCases.compactMap { problem in
            let entry = entries[Int(problem.rawValue)]
            guard problem != .none, entry.count > 0 else { return nil }
            let packets = entry.count == 1 ? "1 packet" : "\(entry.count) packets"
            return "\(packets): \(problem.description) (first: packet \(entry.firstNumber))"
        }
    }
}
