#ifndef TIDEMARK_CMEMORY_H
#define TIDEMARK_CMEMORY_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stddef.h>
#include <sys/mman.h>

/* mremap(2) onto an address that is mapped already; NULL where that failed. The C library's function takes a variable
 * number of arguments, and Swift calls no such function. */
static inline void *tidemark_move_mapping(void *from, size_t from_size, size_t to_size, void *to) {
    void *moved = mremap(from, from_size, to_size, MREMAP_MAYMOVE | MREMAP_FIXED, to);
    return moved == MAP_FAILED ? NULL : moved;
}

#endif
