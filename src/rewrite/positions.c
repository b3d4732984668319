/* PEP 626 and PEP 657 tables: entry by entry, decoded, mapped, encoded again. */
#include "rewrite/positions.h"

#include "base/compiler.h"

enum entry_code { CODE_ONE_LINE = 10, CODE_NO_COLUMNS = 13, CODE_LONG = 14, CODE_NONE = 15 };

struct reader {
    const unsigned char *at;
    const unsigned char *end;
    bool has_failed;
};

struct position {
    int line, end_line;
    int column, end_column;
};

static unsigned
read_byte(struct reader *reader)
{
    if (reader->at == reader->end) {
        reader->has_failed = true;
        return 0;
    }
    return *reader->at++;
}

static unsigned
read_number(struct reader *reader)
{
    unsigned value = 0;
    unsigned shift = 0;
    unsigned byte = 0;

    do {
        byte = read_byte(reader);
        if (shift < 30) {
            value |= (byte & 63) << shift;
        }
        shift += 6;
    } while (byte & 64);
    return value;
}

static int
read_signed(struct reader *reader)
{
    unsigned value = read_number(reader);
    return value & 1 ? -(int)(value >> 1) : (int)(value >> 1);
}

static void
add_number(struct text *out, unsigned value)
{
    while (value >= 64) {
        text_add_char(out, (char)(64 | (value & 63)));
        value >>= 6;
    }
    text_add_char(out, (char)value);
}

static void
add_signed(struct text *out, int value)
{
    add_number(out, value < 0 ? ((unsigned)-value << 1) | 1 : (unsigned)value << 1);
}

static void
add_head(struct text *out, int code, unsigned length)
{
    text_add_char(out, (char)(0x80 | (code << 3) | (int)(length - 1)));
}

/* One entry with columns, as short as it can be. */
static void
add_position(struct text *out, const struct position *position, int previous_line, unsigned length)
{
    int delta = position->line - previous_line;
    int width = position->end_column - position->column;

    if (position->line == position->end_line) {
        if (delta == 0 && position->column < 80 && width >= 0 && width < 16) {
            add_head(out, position->column / 8, length);
            text_add_char(out, (char)((position->column % 8) << 4 | width));
            return;
        }
        if (delta >= 0 && delta < 3 && position->column < 128 && position->end_column < 128) {
            add_head(out, CODE_ONE_LINE + delta, length);
            text_add_char(out, (char)position->column);
            text_add_char(out, (char)position->end_column);
            return;
        }
    }
    add_head(out, CODE_LONG, length);
    add_signed(out, delta);
    add_number(out, (unsigned)(position->end_line - position->line));
    add_number(out, (unsigned)position->column + 1);
    add_number(out, (unsigned)position->end_column + 1);
}

/* The last edit of the line whose text begins at `column` or before (strictly before, for ends); NULL when none. */
static const struct edit *
edit_find(const struct rewritten *rewritten, int line, int column, bool is_end)
{
    uint32_t low = 0;
    uint32_t high = rewritten->edit_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct edit *edit = &rewritten->edits[middle];
        bool is_before = (int)edit->line != line ? (int)edit->line < line
                         : is_end                ? (int)edit->new_column < column
                                                 : (int)edit->new_column <= column;
        if (is_before) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0 || (int)rewritten->edits[low - 1].line != line) {
        return NULL;
    }
    return &rewritten->edits[low - 1];
}

static void
position_map(const struct rewritten *rewritten, struct position *position)
{
    const struct edit *edit = edit_find(rewritten, position->line, position->column, false);

    if (edit) {
        int inside = position->column - (int)edit->new_column;
        if (inside > 0 && inside < (int)edit->text_length) {
            /* Code of ours: it is the whole statement that does it. */
            const struct assertion_place *place = &rewritten->places[edit->assertion];
            *position =
                (struct position){(int)place->line, (int)place->end_line, (int)place->column, (int)place->end_column};
            return;
        }
        position->column = inside == 0 && edit->text_length
                               ? (int)edit->column
                               : (int)(edit->column + edit->removed) + inside - (int)edit->text_length;
    }
    edit = edit_find(rewritten, position->end_line, position->end_column, true);
    if (edit) {
        int inside = position->end_column - (int)edit->new_column;
        position->end_column = inside <= (int)edit->text_length
                                   ? (int)edit->column
                                   : (int)(edit->column + edit->removed) + inside - (int)edit->text_length;
    }
}

/* Reads an entry's position; true when it has columns. `line` is moved on. */
static bool
read_position(struct reader *reader, int code, int *line, struct position *position)
{
    switch (code) {
    case CODE_NONE:
        return false;
    case CODE_NO_COLUMNS:
        *line += read_signed(reader);
        return false;
    case CODE_LONG: {
        *line += read_signed(reader);
        position->line = *line;
        position->end_line = *line + (int)read_number(reader);
        position->column = (int)read_number(reader) - 1;
        position->end_column = (int)read_number(reader) - 1;
        return position->column >= 0 && position->end_column >= 0;
    }
    default:
        break;
    }
    if (code >= CODE_ONE_LINE) {
        *line += code - CODE_ONE_LINE;
        position->column = (int)read_byte(reader);
        position->end_column = (int)read_byte(reader);
    } else {
        unsigned byte = read_byte(reader);
        position->column = code * 8 + (int)(byte >> 4 & 7);
        position->end_column = position->column + (int)(byte & 15);
    }
    position->line = position->end_line = *line;
    return true;
}

bool
positions_map(const struct rewritten *rewritten, int first_line, const unsigned char *table, size_t length,
              struct text *out)
{
    struct reader reader = {.at = table, .end = table + length};
    size_t kept = out->length;
    int line = first_line;     /* of the last entry read */
    int new_line = first_line; /* of the last entry written */

    while (reader.at < reader.end) {
        unsigned head = read_byte(&reader);
        int code = (int)(head >> 3 & 15);
        unsigned code_units = (head & 7) + 1;
        struct position position = {0};
        bool has_columns = read_position(&reader, code, &line, &position);

        if (!(head & 0x80) || reader.has_failed) {
            out->length = kept;
            return false;
        }
        if (has_columns) {
            position_map(rewritten, &position);
            add_position(out, &position, new_line, code_units);
            new_line = position.line;
        } else if (code == CODE_NONE) {
            add_head(out, CODE_NONE, code_units);
        } else {
            add_head(out, CODE_NO_COLUMNS, code_units);
            add_signed(out, line - new_line);
            new_line = line;
        }
    }
    return true;
}
