#include <stdbool.h>
#include <string.h>

#include "crc.h"

#if defined(__x86_64__)
#include <nmmintrin.h>
/* glibc has asked the processor at start; asking again traps on virtual machines. */
#include <sys/platform/x86.h>

static bool
has_instruction(void)
{
	return CPU_FEATURE_ACTIVE(SSE4_2);
}

__attribute__((target("sse4.2"))) static uint32_t
crc_fast(uint32_t crc, const unsigned char *p, size_t len)
{
	uint64_t wide = crc, word;

	for (; len >= sizeof word; p += sizeof word, len -= sizeof word) {
		memcpy(&word, p, sizeof word);
		wide = _mm_crc32_u64(wide, word);
	}
	crc = (uint32_t)wide;
	while (len-- > 0)
		crc = _mm_crc32_u8(crc, *p++);
	return crc;
}
#else
static bool
has_instruction(void)
{
	return false;
}

static uint32_t
crc_fast(uint32_t crc, const unsigned char *p, size_t len)
{
	(void)p;
	(void)len;
	return crc;
}
#endif

/* Four bits at a time: the table is small enough to be written by hand into cache. */
static uint32_t
crc_slow(uint32_t crc, const unsigned char *p, size_t len)
{
	static const uint32_t nibble[16] = {
		0x00000000,
		0x105ec76f,
		0x20bd8ede,
		0x30e349b1,
		0x417b1dbc,
		0x5125dad3,
		0x61c69362,
		0x7198540d,
		0x82f63b78,
		0x92a8fc17,
		0xa24bb5a6,
		0xb21572c9,
		0xc38d26c4,
		0xd3d3e1ab,
		0xe330a81a,
		0xf36e6f75,
	};

	while (len-- > 0) {
		crc ^= *p++;
		crc = crc >> 4 ^ nibble[crc & 15];
		crc = crc >> 4 ^ nibble[crc & 15];
	}
	return crc;
}

uint32_t
crc32c(uint32_t crc, const void *bytes, size_t len)
{
	return ~(has_instruction() ? crc_fast : crc_slow)(~crc, bytes, len);
}
