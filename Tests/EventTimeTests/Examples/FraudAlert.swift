import EventTime

/// Money that leaves an account.
struct Withdrawal: Sendable {
    var account: Int
    var time: Nanoseconds
    var cents: Int
}

/// Tells of accounts from which a large sum goes within a minute of a very small one: someone may be trying a card.
struct FraudDetector: ProcessFunction {
    typealias Key = Int
    typealias Output = String

    let smallWithdrawal = ValueState<Nanoseconds>("small withdrawal")

    func process(_ withdrawal: Withdrawal, in context: inout ProcessContext<Int, String>) {
        if let small = context[smallWithdrawal] {
            // The watermark, and with it the timer, may be behind: the withdrawal itself says what time it is.
            if withdrawal.cents > 50_000, context.time < small + 60 * .second {
                context.emit("account \(context.key): \(withdrawal.cents) cents at \(context.time / .second) s")
            }
            context.deleteTimer(at: small + 60 * .second)
            context[smallWithdrawal] = nil
        }
        if withdrawal.cents < 100 {
            context[smallWithdrawal] = context.time
            context.setTimer(at: context.time + 60 * .second)
        }
    }

    /// The minute is over, and nothing happened.
    func timer(_ timer: FiredTimer, in context: inout ProcessContext<Int, String>) {
        context[smallWithdrawal] = nil
    }
}

func alerts(for withdrawals: [Withdrawal], workers: Int = 1) throws -> [String] {
    try withdrawals.stream(at: \.time, watermarks: .monotonous())
        .keyed(by: \.account)
        .process(FraudDetector())
        .collect(.init(workers: workers))
        .map(\.value)
}
