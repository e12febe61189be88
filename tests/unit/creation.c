#include "creation.h"
#include "domain.h"

/* A creation that has taken so many milliseconds in each phase. */
static jv
note(int validation, int configuration, int building, int spawning)
{
	struct creation c = { .us = { validation * 1000, configuration * 1000, building * 1000,
				  spawning * 1000 } };

	return creation_note(&c);
}

static void
says(jv n, const char *verdict, const char *bottleneck, const char *warning, const char *fact)
{
	has(n, "verdict", verdict, fact);
	has(n, "bottleneck", bottleneck, "... and its longest phase");
	has(n, "warning", warning, "... and that in words");
	jv_free(n);
}

static void
test_notes(void)
{
	jv slow;

	is_json(note(1, 2, 3, 4),
	    "{'validation_us':1000,'configuration_us':2000,'building_us':3000,'spawning_us':4000,"
	    "'total_us':10000}",
	    "a quick creation is told without a word");
	says(note(1, 100, 0, 0), NULL, NULL, NULL, "100 ms are not slow yet");
	says(note(101, 0, 150, 0), NULL, NULL, "'validation took 101 ms, building took 150 ms'",
	    "slow phases are named");
	slow = note(101, 0, 150, 0);
	has(slow, "slow", "['validation','building']", "... as a list, too");
	jv_free(slow);
	says(note(100, 100, 300, 1), "'warn'", "'building'",
	    "'building took 300 ms; it took 501 ms in all'", "over 500 ms is a warning");
	says(note(0, 0, 0, 2001), "'slow'", "'spawning'",
	    "'spawning took 2001 ms; it took 2001 ms in all'", "over 2 s is slow");
	says(note(0, 5001, 0, 0), "'severe'", "'configuration'",
	    "'configuration took 5001 ms; it took 5001 ms in all'", "over 5 s is severe");
	says(note(500, 500, 500, 500), "'warn'", NULL,
	    "'validation took 500 ms, configuration took 500 ms, building took 500 ms, spawning "
	    "took "
	    "500 ms; it took 2000 ms in all'",
	    "no phase has 30 %: there is no bottleneck");
}

static void
test_clock(void)
{
	struct creation c;
	int64_t begin_us = clock_mono_us(), begun_us, spent_us;
	jv p;

	creation_begin(&c);
	begun_us = clock_mono_us();
	while (clock_mono_us() < begun_us + 2000)
		;
	creation_spent(&c, CREATION_BUILDING);
	creation_spent(&c, CREATION_SPAWNING);
	creation_spent(&c, CREATION_BUILDING);
	spent_us = clock_mono_us() - begin_us;
	p = creation_performance(&c);
	ok(json_peek_int(p, "building_us", 0) >= 1900, "time is counted where it was spent");
	is_int(json_peek_int(p, "validation_us", -1), 0, "and not elsewhere");
	ok(json_peek_int(p, "total_us", 0) <= spent_us, "all is no more than there was");
	is_int(json_peek_int(p, "total_us", 0),
	    json_peek_int(p, "building_us", 0) + json_peek_int(p, "spawning_us", 0),
	    "and the sum of its parts");
	jv_free(p);
}

int
main(void)
{
	test_notes();
	test_clock();
	return done_testing();
}
