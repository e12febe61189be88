/*
 * metadata.h - what the metadata of a message say of its task
 *
 * "priority", "depends_on", "model_id", "scope", "labels", "required_skills", "timeout_s" and
 * "max_attempts" become the spec's own members; one string stands for a list of it.  "agent" is
 * read by addressee.h, "output", "output_schema" and "format" by wanted.h.  All others are the
 * task's metadata.
 */
#ifndef METADATA_H
#define METADATA_H

#include <jv.h>

#include "verdict.h"

/* metadata_take - the spec (consumed) with what the metadata (borrowed, an object) say; what is
 * wrong with a member is noted, and that one left out. */
jv metadata_take(jv spec, jv metadata, struct verdict *verdict);

#endif
