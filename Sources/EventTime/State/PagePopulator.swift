internal import Glibc
internal import Synchronization

/// Asks the kernel for the pages of tables that grow, on a thread of its own, before they are written: a page that
/// is touched for the first time is cleared first, which can take longer than all that is then done with it. A stream
/// that cannot be asked to wait, as packets from a network, gets many new keys at once without losing any.
///
/// Pages that are asked for are there, whether the table comes to use them or not: up to half of a table.
public final class PagePopulator: @unchecked Sendable {
    private struct Region {
        var start: UnsafeMutableRawPointer
        var byteCount: Int
    }

    /// Regions that wait, at most: it is advice, and can be left out.
    private static let limit = 64
    /// The kernel keeps a table from being moved while it populates: for so many bytes at a time.
    private static let step = 2 << 20

    private static let isRunning = Atomic<Bool>(false)
    private static let shared = PagePopulator()

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var regions: [Region] = []

    private init() {
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(changed, nil)
        regions.reserveCapacity(Self.limit)
    }

    /// From here on the tables of this process are populated as they grow. Throws ``WorkerThread/CannotStart``.
    public static func start() throws(WorkerThread.CannotStart) {
        guard isRunning.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged else {
            return
        }
        do throws(WorkerThread.CannotStart) {
            _ = try WorkerThread { shared.work() }
        } catch {
            isRunning.store(false, ordering: .relaxed)
            throw error
        }
    }

    /// Has pages populated soon, where that is wanted. They may be given back meanwhile.
    static func populate(_ start: UnsafeMutableRawPointer, byteCount: Int) {
        guard isRunning.load(ordering: .relaxed) else { return }
        shared.add(Region(start: start, byteCount: byteCount))
    }

    private func add(_ region: Region) {
        pthread_mutex_lock(mutex)
        if regions.count < Self.limit { regions.append(region) }
        pthread_cond_signal(changed)
        pthread_mutex_unlock(mutex)
    }

    private func work() {
        while true {
            pthread_mutex_lock(mutex)
            while regions.isEmpty { pthread_cond_wait(changed, mutex) }
            let region = regions.removeFirst()
            pthread_mutex_unlock(mutex)
            Self.populate(region)
        }
    }

    /// madvise(2), MADV_POPULATE_WRITE: it changes no content, so memory that is somebody else's by now is not harmed.
    private static func populate(_ region: Region) {
        var done = 0
        while done < region.byteCount {
            let count = min(step, region.byteCount - done)
            guard madvise(region.start + done, count, Int32(MADV_POPULATE_WRITE)) == 0 else { return }
            done += count
        }
    }
}
