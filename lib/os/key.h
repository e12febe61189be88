/*
 * key.h - keys, out of the environment and out of files
 *
 * A key is one word.  It is never part of an error's sentence.
 */
#ifndef KEY_H
#define KEY_H

#include <stdbool.h>

#include "buf.h"

/* key_is_set - whether the variable NAME or NAME_FILE is set; false for NULL. */
bool key_is_set(const char *name);

/* key_of_variable - the key that the variable NAME holds, or that is in the file that NAME_FILE
 * names; *key, which is owned, stays as it is where neither is set.  0, or -1 with err
 * EX_CONFIG. */
int key_of_variable(const char *name, char **key);

/* key_of_file - the key in a file, likewise. */
int key_of_file(const char *path, char **key);

/* key_read_file - append a whole text file to b.  0, or -1 with err, and errno where it cannot be
 * opened, else 0. */
int key_read_file(const char *path, struct buf *b);

#endif
