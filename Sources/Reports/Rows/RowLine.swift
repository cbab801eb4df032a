internal import EventTime

/// What distinguishes lines where no value shows it.
protocol LineStyle {
    /// Whether values have names, and texts quotes, as in JSON.
    static var isJSON: Bool { get }
}

enum JSONStyle: LineStyle {
    static var isJSON: Bool { true }
}

enum SeparatedStyle: LineStyle {
    static var isJSON: Bool { false }
}

/// A time and its text, which is copied as a whole and then cut off.
struct KnownTime {
    let time: Nanoseconds
    let text: SIMD32<UInt8>
    let count: Int

    init(_ time: Nanoseconds) {
        self.time = time
        // Aligned to more than 16 bytes it would come from the heap.
        (text, count) = withUnsafeTemporaryAllocation(byteCount: 128, alignment: 16) { room in
            guard let start = room.baseAddress else { return (SIMD32(), 0) }
            // What is behind a short text is copied with it, to be overwritten.
            room.initializeMemory(as: UInt8.self, repeating: 0)
            var cursor = TextCursor(start)
            TimeText.store(time, at: &cursor)
            return (start.loadUnaligned(as: SIMD32<UInt8>.self), cursor.place - start)
        }
    }
}

/// One row on its way into memory. Each column stores its value and a separator; the end of the line takes the last
/// separator's place. Everything is put into the row's own `showColumns`, where names, and what the style leaves out,
/// are known at compile time: what is left is stores one after another.
struct RowLine<Style: LineStyle> {
    private var text: TextCursor
    private let separator: UInt8
    /// That of the next time.
    private var known: UnsafeMutablePointer<KnownTime>

    /// `times` are as many as a row has.
    @inline(__always)
    init(at text: TextCursor, separator: UInt8, times: UnsafeMutablePointer<KnownTime>) {
        self.text = text
        self.separator = separator
        known = times
        if Style.isJSON { self.text.store(UInt8(ascii: "{")) }
    }

    /// Ends the line, and says where.
    @inline(__always)
    consuming func finished() -> TextCursor {
        text.takeBack(1)
        text.store(Style.isJSON ? "}\n" : "\n" as StaticString)
        return text
    }

    @inline(__always)
    private mutating func column(_ name: StaticString, _ value: (inout TextCursor) -> Void) {
        if Style.isJSON {
            text.store(UInt8(ascii: "\""))
            text.store(name)
            text.store("\":")
        }
        value(&text)
        text.store(separator)
    }

    @inline(__always)
    private mutating func quoted(_ name: StaticString, _ value: (inout TextCursor) -> Void) {
        column(name) { text in
            if Style.isJSON { text.store(UInt8(ascii: "\"")) }
            value(&text)
            if Style.isJSON { text.store(UInt8(ascii: "\"")) }
        }
    }

    @inline(__always)
    private mutating func absent(_ name: StaticString) {
        column(name) { if Style.isJSON { $0.store("null") } }
    }
}

extension RowLine: ColumnVisitor {
    @inline(__always)
    mutating func time(_ name: StaticString, _ time: Nanoseconds) {
        if known.pointee.time != time { known.pointee = KnownTime(time) }
        let (bytes, count) = (known.pointee.text, known.pointee.count)
        quoted(name) { $0.store(bytes, count: count) }
        known += 1
    }

    @inline(__always)
    mutating func count(_ name: StaticString, _ count: UInt64) { column(name) { $0.store(decimal: count) } }

    @inline(__always)
    mutating func port(_ name: StaticString, _ port: UInt16?) {
        guard let port else { return absent(name) }
        column(name) { $0.store(decimal: UInt64(port)) }
    }

    @inline(__always)
    mutating func seconds(_ name: StaticString, _ span: Nanoseconds) {
        column(name) { SecondsText.store(span, at: &$0) }
    }

    @inline(__always)
    mutating func flag(_ name: StaticString, _ flag: Bool) {
        // Two texts of known length, in place of one that is either.
        column(name) { if flag { $0.store("true") } else { $0.store("false") } }
    }

    @inline(__always)
    mutating func text(_ name: StaticString, isPresent: Bool, _ store: (inout TextCursor) -> Void) {
        if isPresent { quoted(name, store) } else { absent(name) }
    }
}

/// How much a line can need.
struct LineRoom: ColumnVisitor {
    /// Bytes of the longest line, in any format.
    private(set) var longest = 2
    /// How many times there are.
    private(set) var times = 0

    private mutating func column(_ name: StaticString, longest value: Int) {
        longest += name.utf8CodeUnitCount + value + 4
    }

    private mutating func quoted(_ name: StaticString, longest value: Int) { column(name, longest: value + 2) }

    mutating func time(_ name: StaticString, _ time: Nanoseconds) {
        quoted(name, longest: TimeText.longest)
        times += 1
    }
    mutating func count(_ name: StaticString, _ count: UInt64) { column(name, longest: 20) }
    mutating func port(_ name: StaticString, _ port: UInt16?) { column(name, longest: 5) }
    mutating func seconds(_ name: StaticString, _ span: Nanoseconds) { column(name, longest: SecondsText.longest) }
    mutating func flag(_ name: StaticString, _ flag: Bool) { column(name, longest: 5) }
    mutating func text(_ name: StaticString, isPresent: Bool, _ store: (inout TextCursor) -> Void) {
        quoted(name, longest: TextCursor.longestWord)
    }
}
