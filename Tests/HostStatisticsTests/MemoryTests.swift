import EventTime
import Flows
import Testing

@testable import HostStatistics

/// What Docs/performance.md says of memory.
@Suite("Memory")
struct MemoryTests {
    private func stride<Key, Value>(_ table: KeyedTable<Key, Value>.Type) -> Int {
        MemoryLayout<KeyedTable<Key, Value>.Entry>.stride
    }

    @Test("of a flow is two cache lines, and what not everyone needs lies beside it")
    func flow() {
        #expect(stride(KeyedTable<KeptKey, FlowState<FlowVisits>>.self) == 128)
        #expect(MemoryLayout<FlowVisits.Beside>.stride == 32)
        #expect(MemoryLayout<FlowTotals>.stride == 48)
        #expect(MemoryLayout<FlowPacket>.stride == 64)
    }

    @Test("of a host in a slice, and of a pair of hosts")
    func hosts() {
        #expect(stride(KeyedTable<HostKey, HostTraffic>.self) == 104)
        #expect(stride(KeyedTable<HostPair, PairVisits>.self) == 88)
        #expect(stride(SlicePeers.Table.self) == 8)
    }
}
