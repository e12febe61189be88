/*
 * crc.h - CRC32C, the checksum of journal lines and of the mark
 *
 * Castagnoli polynomial, reflected, as in RFC 3720 appendix B.4 (its test vectors are in
 * tests/unit/crc.c).  Uses the processor's instruction where there is one.
 */
#ifndef CRC_H
#define CRC_H

#include <stddef.h>
#include <stdint.h>

/* crc32c - of len bytes, going on from `crc` (0 to begin). */
uint32_t crc32c(uint32_t crc, const void *bytes, size_t len);

#endif
