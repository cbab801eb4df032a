import EventTime

struct Order: Sendable, StateValue {
    var number: Int
    var time: Nanoseconds
    var item: String

    init(number: Int, time: Nanoseconds, item: String) {
        (self.number, self.time, self.item) = (number, time, item)
    }
    func encode(into state: inout StateEncoder) {
        number.encode(into: &state)
        time.encode(into: &state)
        item.encode(into: &state)
    }
    init(from state: inout StateDecoder) throws(StateError) {
        number = try Int(from: &state)
        time = try Nanoseconds(from: &state)
        item = try String(from: &state)
    }
}

struct Payment: Sendable, StateValue {
    var order: Int
    var time: Nanoseconds
    var cents: Int

    init(order: Int, time: Nanoseconds, cents: Int) {
        (self.order, self.time, self.cents) = (order, time, cents)
    }
    func encode(into state: inout StateEncoder) {
        order.encode(into: &state)
        time.encode(into: &state)
        cents.encode(into: &state)
    }
    init(from state: inout StateDecoder) throws(StateError) {
        order = try Int(from: &state)
        time = try Nanoseconds(from: &state)
        cents = try Int(from: &state)
    }
}

/// Orders that were paid within a quarter of an hour, or paid up to a minute before they were booked.
func paidOrders(_ orders: [Order], _ payments: [Payment], workers: Int = 1) throws -> [String] {
    let minute = 60 * Nanoseconds.second
    return try orders.stream(at: \.time, watermarks: .boundedOutOfOrderness(minute))
        .keyed(by: \.number)
        .join(
            payments.stream(at: \.time, watermarks: .boundedOutOfOrderness(minute)).keyed(by: \.order),
            from: -minute, through: 15 * minute
        ) { order, payment in
            "\(order.item) for \(payment.cents)"
        }
        .collect(.init(workers: workers))
        .map(\.value)
}

/// What was ordered and what was paid in each hour, for each order.
func hourlyBooks(_ orders: [Order], _ payments: [Payment], workers: Int = 1) throws -> [String] {
    try orders.stream(at: \.time, watermarks: .monotonous())
        .keyed(by: \.number)
        .coGroup(
            payments.stream(at: \.time, watermarks: .monotonous()).keyed(by: \.order),
            in: .tumbling(3600 * .second)
        )
        .map { hour in
            "\((hour.window?.start ?? 0) / .second) \(hour.key): \(hour.result.left.map(\.item)) "
                + "\(hour.result.right.map(\.cents))"
        }
        .collect(.init(workers: workers))
        .map(\.value)
}
