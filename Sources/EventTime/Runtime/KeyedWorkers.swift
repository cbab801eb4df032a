/// Threads that run a keyed operator, each for some key groups, turn by turn.
///
/// A turn goes to every worker, and every worker answers it: so the answers to a turn can be put together in the order
/// of what caused them, whoever was faster. A few turns are under way at once; when there are as many as may be, the
/// oldest is waited for, which is the backpressure.
@usableFromInline final class KeyedWorkers<Inner: KeyedOperator & ~Copyable>
where Inner.Value: Sendable, Inner.Result: Sendable {
    @usableFromInline typealias Round = KeyedRound<Inner.Key, Inner.Value>
    @usableFromInline typealias Answer = KeyedAnswer<Inner.Key, Inner.Result>
    @usableFromInline typealias Result = Numbered<Timed<Keyed<Inner.Key, Inner.Result>>>

    /// Turns under way at most.
    @usableFromInline static var depth: Int { 4 }

    @usableFromInline enum Message: Sendable {
        case round(Round)
        case stop
    }

    @usableFromInline struct Worker: Sendable {
        @usableFromInline let inbox = BoundedQueue<Message>(capacity: KeyedWorkers.depth + 2)
        @usableFromInline let answers = BoundedQueue<Answer>(capacity: KeyedWorkers.depth + 2)
        /// `nil`: a scheduler runs the worker.
        @usableFromInline let thread: WorkerThread?

        @inlinable init(
            _ groups: KeyGroups, _ shares: [KeyedShare], _ scheduler: (any WorkerScheduler)?,
            _ make: @escaping @Sendable () -> Inner
        ) throws(WorkerThread.CannotStart) {
            let (inbox, answers) = (inbox, answers)
            guard let scheduler else {
                thread = try WorkerThread {
                    KeyedWorkers.work(groups, shares, make, inbox, answers)
                }
                return
            }
            thread = nil
            let stepped = Stepped(make())
            answers.push(KeyedWorkers.restore(shares, to: &stepped.step, groups))
            scheduler.add {
                guard case .round(let round)? = inbox.tryPop() else { return false }
                answers.push(KeyedWorkers.answer(round, &stepped.step, groups))
                return true
            }
        }
    }

    /// The operator of a worker that a scheduler runs.
    @usableFromInline final class Stepped {
        @usableFromInline var step: Inner

        @inlinable init(_ step: consuming Inner) { self.step = step }
    }

    /// A turn that the workers have not all answered.
    @usableFromInline struct Pending {
        @usableFromInline var marks: [Numbered<TurnMark>]
        /// Turns with nothing in them are not sent.
        @usableFromInline var isSent: Bool
        /// Whether the sources gave nothing: only processing time may have passed.
        @usableFromInline var isQuiet: Bool

        @inlinable init(marks: [Numbered<TurnMark>], isSent: Bool, isQuiet: Bool) {
            self.marks = marks
            self.isSent = isSent
            self.isQuiet = isQuiet
        }
    }

    @usableFromInline let scheduler: (any WorkerScheduler)?
    @usableFromInline var workers: [Worker] = []
    /// The worker of each key group.
    @usableFromInline var owners: [Int] = []
    /// The turn that is being gathered.
    @usableFromInline var rounds: [Round]
    @usableFromInline var marks: [Numbered<TurnMark>] = []
    @usableFromInline var number = 0
    @usableFromInline var isQuiet = true
    @usableFromInline var pending: [Pending] = []
    @usableFromInline var fired: [Timed<Keyed<Inner.Key, Inner.Result>>] = []

    /// Starts `count` threads and restores `shares` there. Throws ``WorkerThread/CannotStart`` and ``StateError``.
    @inlinable init(
        count: Int, groupCount: Int, restoring shares: [KeyedShare],
        scheduler: (any WorkerScheduler)?, _ make: @escaping @Sendable () -> Inner
    ) throws {
        self.scheduler = scheduler
        rounds = Array(repeating: Round(), count: count)
        for number in 0..<count {
            let groups = KeyGroups(worker: number, of: count, count: groupCount)
            owners += Array(repeating: number, count: groups.range.count)
            workers.append(try Worker(groups, shares, scheduler, make))
        }
        // The first answer says whether the state could be restored.
        let answers = workers.map { $0.answers.pop() }
        for answer in answers { if let failure = answer.failure { throw failure } }
    }

    deinit {
        for worker in workers { worker.inbox.push(.stop) }
        for worker in workers { worker.thread?.join() }
    }

    @inlinable static func work(
        _ groups: KeyGroups, _ shares: [KeyedShare], _ make: () -> Inner, _ inbox: BoundedQueue<Message>,
        _ answers: BoundedQueue<Answer>
    ) {
        var step = make()
        answers.push(restore(shares, to: &step, groups))
        while case .round(let round) = inbox.pop() {
            answers.push(answer(round, &step, groups))
        }
    }

    @inlinable static func restore(_ shares: [KeyedShare], to step: inout Inner, _ groups: KeyGroups) -> Answer {
        var first = Answer()
        do throws(StateError) {
            for share in shares { try share.restore(&step, keeping: groups) }
        } catch {
            first.failure = error
        }
        return first
    }

    @inlinable static func answer(_ round: Round, _ step: inout Inner, _ groups: KeyGroups) -> Answer {
        var answer = Answer()
        var next = 0
        func passMarks(before number: Int) {
            while next < round.marks.count, round.marks[next].number < number {
                let mark = round.marks[next]
                next += 1
                switch mark.content {
                case .processingTime(let now):
                    step.advanceProcessingTime(to: now) { answer.results.append(Numbered(mark.number, $0)) }
                case .watermark(let time):
                    step.advance(to: time) { answer.results.append(Numbered(mark.number, $0)) }
                case .barrier: answer.state = KeyedShare(of: step, groups: groups).bytes
                case .idle, .active, .end: break
                }
            }
        }
        func prefetch(_ ahead: PrefetchStep, from place: Int) {
            guard place + ahead.distance < round.elements.count else { return }
            step.prefetch(round.elements[place + ahead.distance].content.value.key, ahead)
        }
        for place in round.elements.indices {
            prefetch(.place, from: place)
            prefetch(.state, from: place)
            let element = round.elements[place]
            passMarks(before: element.number)
            step.process(element.content) { answer.results.append(Numbered(element.number, $0)) }
        }
        passMarks(before: .max)
        return answer
    }

    /// Adds an element to the turn.
    @inlinable @inline(__always)
    func add(_ element: Timed<Keyed<Inner.Key, Inner.Value>>) {
        number += 1
        isQuiet = false
        let group = KeyGroups.group(ofHash: element.value.key.stableHash, count: owners.count)
        rounds[owners[group]].elements.append(Numbered(number, element))
    }

    /// Adds a mark to the turn.
    @inlinable func add(_ mark: TurnMark) {
        number += 1
        marks.append(Numbered(number, mark))
        if case .processingTime = mark { return }
        isQuiet = false
    }

    /// Sends the turn to the workers, where there is something in it.
    @inlinable func endTurn() {
        let isSent = number > 0
        if isSent {
            for worker in workers.indices {
                rounds[worker].marks = marks
                workers[worker].inbox.push(.round(rounds[worker]))
                rounds[worker] = Round()
            }
            scheduler?.yield()
        }
        pending.append(Pending(marks: marks, isSent: isSent, isQuiet: isQuiet))
        marks.removeAll()
        number = 0
        isQuiet = true
    }

    /// Whether the oldest turn is to be waited for: too many are under way, or the sources have nothing more.
    @inlinable var mustGive: Bool { pending.count >= Self.depth || pending.last?.isQuiet == true }

    /// Waits for the answers to the oldest turn and emits what is in them, in order.
    @inlinable func give(
        _ state: StreamNode, _ emit: (StreamEvent<Inner.Result>) -> Void
    ) {
        let turn = pending.removeFirst()
        guard turn.isSent else { return emit(.turn) }
        scheduler?.wait { workers.allSatisfy { !$0.answers.isEmpty } }
        let answers = workers.map { $0.answers.pop() }
        var places = Array(repeating: 0, count: answers.count)
        for mark in turn.marks {
            Self.emitResults(answers, &places, before: mark.number, emit)
            for worker in answers.indices {
                let results = answers[worker].results
                while places[worker] < results.count, results[places[worker]].number == mark.number {
                    fired.append(results[places[worker]].content)
                    places[worker] += 1
                }
            }
            drainFirings(&fired, emit)
            switch mark.content {
            case .processingTime: break
            case .watermark(let time): emit(.watermark(time))
            case .barrier(let checkpoint):
                for (worker, answer) in answers.enumerated() {
                    if let bytes = answer.state { state.save(checkpoint, share: worker, bytes) }
                }
                emit(.barrier(checkpoint))
            case .idle: emit(.idle)
            case .active: emit(.active)
            case .end: emit(.end)
            }
        }
        Self.emitResults(answers, &places, before: .max, emit)
        emit(.turn)
    }

    /// Emits the results of elements before `number`, in the order of elements: each element has one worker.
    @inlinable static func emitResults(
        _ answers: [Answer], _ places: inout [Int], before number: Int, _ emit: (StreamEvent<Inner.Result>) -> Void
    ) {
        while true {
            var least = number
            var owner = -1
            for worker in answers.indices where places[worker] < answers[worker].results.count {
                let candidate = answers[worker].results[places[worker]].number
                if candidate < least { (least, owner) = (candidate, worker) }
            }
            guard owner >= 0 else { return }
            while places[owner] < answers[owner].results.count {
                let result = answers[owner].results[places[owner]]
                guard result.number == least else { break }
                emit(.element(Timed(result.content.value.value, at: result.content.time)))
                places[owner] += 1
            }
        }
    }
}
