#pragma once

// Swift has no name for the instruction that asks for a cache line before it is needed.

/// Asks for the cache line at `address`, to be written to. Never faults.
static inline void prefetchForWriting(const void *address) { __builtin_prefetch(address, 1, 3); }
