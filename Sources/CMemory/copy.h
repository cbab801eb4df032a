#ifndef TIDEMARK_CMEMORY_COPY_H
#define TIDEMARK_CMEMORY_COPY_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Sixteen bytes, at any multiple of four and of sixteen. */
typedef uint32_t tidemark_words __attribute__((vector_size(16), aligned(4), may_alias));
typedef uint32_t tidemark_aligned_words __attribute__((vector_size(16), may_alias));

/* Copies bytes that this thread will not need again: the copies do not take the place of others in its caches, and their
 * lines are not read before they are written. Four stretches in turn keep more of the memory busy than one. Other
 * threads see the copies after tidemark_publish_copies. Swift has no name for such stores. */
static inline void tidemark_copy_past_caches(void *to, const void *from, size_t count) {
    char *target = (char *)to;
    const char *source = (const char *)from;
    if (((uintptr_t)target % 64 | (uintptr_t)source % 4) == 0) {
        const size_t stretch = count / 256 * 64;
        for (size_t line = 0; line < stretch; line += 64)
            for (size_t start = line; start < 4 * stretch; start += stretch)
                for (size_t word = start; word < start + 64; word += 16)
                    __builtin_nontemporal_store(
                        *(const tidemark_words *)(source + word), (tidemark_aligned_words *)(target + word));
        source += 4 * stretch;
        target += 4 * stretch;
        count -= 4 * stretch;
    }
    memcpy(target, source, count);
}

/* What tidemark_copy_past_caches has copied comes before whatever this thread stores from here on. */
static inline void tidemark_publish_copies(void) { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

#endif
