// The rows of one transaction on their way to PostgreSQL, as few statements over arrays.
#pragma once

#include "store/internal/pg_core.h"

namespace idun::store {

struct PgGroup {
    struct Write {
        const Batch::Write* write;  // borrowed
        Version version;
    };
    struct Note {
        Version version;
        std::string_view note;  // borrowed
    };
    std::vector<Write> writes;
    std::vector<Note> notes;

    // Sorts by key; of several writes of a key the last one stays.
    void keep_last_of_each_key();
    // Ends the rows that the writes replace or erase.
    void queue_ends(PgConnection& connection, const PgStatements& sql) const;
    // Rows and notes, new.
    void queue_inserts(PgConnection& connection, const PgStatements& sql) const;
};

}  // namespace idun::store
