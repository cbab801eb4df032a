import EventTime

/// Counts words as they come: after each word, how often it has been there.
func countWords(in lines: [String]) throws -> [String] {
    try lines.stream(at: { _ in 0 }, watermarks: .atEnd())
        .flatMap { $0.split(separator: " ").map { $0.lowercased() } }
        .keyed { $0 }
        .aggregate(Count())
        .mapWithKey { word, count in "\(word): \(count)" }
        .collect()
        .map(\.value)
}
