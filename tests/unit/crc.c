#include <stdint.h>

#include "box.h"
#include "crc.h"
#include "tap.h"

#if defined(__x86_64__)
#include <sys/platform/x86.h>
#endif

/* Whether the processor's instruction may be used. */
static bool
has_instruction(void)
{
#if defined(__x86_64__)
	return CPU_FEATURE_ACTIVE(SSE4_2);
#else
	return false;
#endif
}

/* Bit by bit, as the polynomial is defined. */
static uint32_t
by_definition(uint32_t crc, const unsigned char *p, size_t len)
{
	crc = ~crc;
	while (len-- > 0) {
		crc ^= *p++;
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	}
	return ~crc;
}

/* RFC 3720, appendix B.4. */
static bool
is_as_rfc3720_says(void)
{
	static const unsigned char read_command[48] = {
		0x01,
		0xc0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02
	};
	unsigned char zeros[32], ones[32], rising[32], falling[32];

	for (unsigned i = 0; i < 32; i++) {
		zeros[i] = 0;
		ones[i] = 0xff;
		rising[i] = (unsigned char)i;
		falling[i] = (unsigned char)(31 - i);
	}
	return crc32c(0, zeros, 32) == 0x8a9136aa && crc32c(0, ones, 32) == 0x62a8ab43 &&
	       crc32c(0, rising, 32) == 0x46dd794e && crc32c(0, falling, 32) == 0x113fdb5c &&
	       crc32c(0, read_command, 48) == 0xd9963a56 && crc32c(0, "123456789", 9) == 0xe3069283;
}

/* Every length and alignment that the fast way treats differently, in one piece and in two. */
static bool
is_as_defined(void)
{
	unsigned char bytes[96];
	bool holds = true;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)box_random(256);
	for (size_t at = 0; at < 8; at++)
		for (size_t len = 0; len < 80; len++) {
			uint32_t want = by_definition(7, bytes + at, len);
			size_t half = box_random(len + 1);

			holds &= crc32c(7, bytes + at, len) == want &&
			         crc32c(crc32c(7, bytes + at, half), bytes + at + half,
				     len - half) == want;
		}
	return holds;
}

/* No flip of one bit, or of two, is overlooked. */
static void
test_flips(void)
{
	unsigned char bytes[24];
	const int bits = 8 * sizeof bytes;
	int missed = 0;
	uint32_t crc;

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)box_random(256);
	crc = crc32c(0, bytes, sizeof bytes);
	for (int a = 0; a < bits; a++) {
		bytes[a / 8] ^= (unsigned char)(1 << a % 8);
		missed += crc32c(0, bytes, sizeof bytes) == crc;
		for (int b = a + 1; b < bits; b++) {
			bytes[b / 8] ^= (unsigned char)(1 << b % 8);
			missed += crc32c(0, bytes, sizeof bytes) == crc;
			bytes[b / 8] ^= (unsigned char)(1 << b % 8);
		}
		bytes[a / 8] ^= (unsigned char)(1 << a % 8);
	}
	is_int(missed, 0, "no flip of one bit or two is overlooked");
}

/* This program once more, in a world whose processor lacks the instruction. */
static void
test_without_instruction(const char *program)
{
	pid_t pid = box_fork();

	if (pid == 0) {
		setenv("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-SSE4_2", 1);
		execl("/proc/self/exe", program, "without", (char *)NULL);
		_exit(127);
	}
	ok(box_ended_well(pid), "without the processor's instruction all sums are the same");
}

int
main(int argc, char **argv)
{
	if (argc > 1) {
		box_state = 3720;
		return !(!has_instruction() && is_as_rfc3720_says() && is_as_defined());
	}
	box_open("crc", 3720);
	is_int(crc32c(0, "", 0), 0, "nothing sums up to 0");
	is_int(crc32c(0x1234, NULL, 0), 0x1234, "going on with nothing changes nothing");
	ok(is_as_rfc3720_says(), "the vectors of RFC 3720 hold");
	ok(is_as_defined(), "any length and alignment, in one piece or two, is as defined");
	test_flips();
	test_without_instruction(argv[0]);
	box_close();
	return done_testing();
}
