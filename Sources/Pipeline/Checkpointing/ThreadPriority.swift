import Glibc

/// How a thread competes for processors.
enum ThreadPriority {
    /// From now on the calling thread yields to others that are busy: about a tenth of their share is left to it where
    /// there are not enough processors. Linux keeps a nice value for each thread (setpriority(2)).
    static func lower() {
        // 0 is the calling thread. It may fail only where it is not needed: a thread may always lower itself.
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
    }
}
