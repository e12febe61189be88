/*
 * stop.h - being asked to stop, and asking
 *
 * Commands that hold something (reservations, running agents) catch TERM, INT and HUP, notice at
 * the next turn of their loop, and put it down first.  A TERM may say how long that may take: it is
 * queued with the milliseconds as its value (source: sigqueue(3)).
 */
#ifndef STOP_H
#define STOP_H

/* stop_catch - from now on the signals only interrupt waiting calls and are remembered. */
void stop_catch(void);

/* stop_at_pipe - from now on writing to a pipe without reader is an error (EPIPE), not the end. */
void stop_at_pipe(void);

/* stop_signal - the last of them that came; 0: none. */
int stop_signal(void);

/* stop_count - how many came. */
int stop_count(void);

/* stop_patience_ms - how long what is to end may still take: what is left of the time that the last
 * signal gave, or else `usual`. */
int stop_patience_ms(int usual);

/* stop_send - ask the process behind a pidfd to stop within that time.  0, or -1 with errno. */
int stop_send(int pidfd, int patience_ms);

#endif
