/*
 * crash.h - what fault.so notes of a journal and its writers, for hurt to lose a part of
 *
 * Each note is one append to a file.  A write is noted when it is done, under the store's lock, so
 * that of two notes the first happened first; a sync when it begins and when it has ended: what was
 * noted before its beginning will last.
 */
#ifndef CRASH_H
#define CRASH_H

enum crash_kind { CRASH_WRITE, CRASH_TRUNCATE, CRASH_SYNC, CRASH_SYNCED, CRASH_SAID };

struct crash_note {
	unsigned kind, pid, segment, len; /* len: of the bytes that follow */
	unsigned long long at;            /* in the segment; of a truncation: its new size */
};

#endif
