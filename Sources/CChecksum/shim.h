#ifndef TIDEMARK_CCHECKSUM_H
#define TIDEMARK_CCHECKSUM_H

/* CRC-32 by products without carries (Gopal and others, Fast CRC computation for generic polynomials using PCLMULQDQ,
 * Intel 2009): many bytes become sixteen with the same remainder, which zlib then takes, five times as fast as zlib
 * alone. The constants are those of its bit-reflected case, powers of x modulo 0x04C11DB7. */

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__)
#include <cpuid.h>

typedef long long tidemark_pair __attribute__((vector_size(16)));
typedef long long tidemark_loose_pair __attribute__((vector_size(16), aligned(1), may_alias));

/* Whether this processor has such products: CPUID, leaf 1. */
static inline int tidemark_can_fold_crc32(void) {
    unsigned a, b, c = 0, d;
    return __get_cpuid(1, &a, &b, &c, &d) && c >> 1 & 1;
}

__attribute__((target("pclmul"))) static inline tidemark_pair tidemark_fold(
    tidemark_pair remainder, tidemark_pair powers, tidemark_pair next) {
    return (tidemark_pair)__builtin_ia32_pclmulqdq128(remainder, powers, 0x00) ^
           (tidemark_pair)__builtin_ia32_pclmulqdq128(remainder, powers, 0x11) ^ next;
}

/* Writes to `sixteen` that many bytes whose remainder, from a register of 0, is that of `bytes` from the register
 * `crc`. `count`: a multiple of 64, and not 0. */
__attribute__((target("pclmul"))) static inline void tidemark_fold_crc32(
    uint32_t crc, const void *bytes, size_t count, void *sixteen) {
    const tidemark_loose_pair *next = (const tidemark_loose_pair *)bytes;
    const tidemark_pair by_512 = {0x154442bd4, 0x1c6e41596}, by_128 = {0x1751997d0, 0x0ccaa009e};
    tidemark_pair a = next[0] ^ (tidemark_pair){crc, 0}, b = next[1], c = next[2], d = next[3];
    while (count -= 64) {
        next += 4;
        a = tidemark_fold(a, by_512, next[0]);
        b = tidemark_fold(b, by_512, next[1]);
        c = tidemark_fold(c, by_512, next[2]);
        d = tidemark_fold(d, by_512, next[3]);
    }
    a = tidemark_fold(a, by_128, b);
    a = tidemark_fold(a, by_128, c);
    *(tidemark_loose_pair *)sixteen = tidemark_fold(a, by_128, d);
}
#else
static inline int tidemark_can_fold_crc32(void) { return 0; }
static inline void tidemark_fold_crc32(uint32_t crc, const void *bytes, size_t count, void *sixteen) {}
#endif

#endif
