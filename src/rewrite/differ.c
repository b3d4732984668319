/* difflib.ndiff: which lines differ, and inside of similar lines, where. */
#include "base/arena.h"
#include "base/table.h"
#include "base/text.h"
#include "base/utf8.h"
#include "rewrite/compare.h"
#include "rewrite/match.h"

/* One side: its lines as Python has them, as code points, and as numbers of distinct lines. */
struct side {
    PyObject *lines; /* borrowed list of str */
    struct sequence *texts;
    uint32_t *numbers;
    size_t count;
};

struct differ {
    struct side a, b;
    struct arena arena;
    struct matcher cruncher; /* of characters */
    PyObject *out;           /* borrowed list */
};

struct range {
    size_t a_start, a_end, b_start, b_end;
};

static int replace_fancy(struct differ *differ, struct range range);

static int
side_open(struct differ *differ, struct side *side, PyObject *lines, struct table *seen)
{
    side->lines = lines;
    side->count = (size_t)PyList_Size(lines);
    side->texts = arena_alloc(&differ->arena, (side->count + 1) * sizeof *side->texts);
    side->numbers = arena_alloc(&differ->arena, (side->count + 1) * sizeof *side->numbers);
    for (size_t i = 0; i < side->count; i++) {
        PyObject *line = PyList_GetItem(lines, (Py_ssize_t)i); /* borrowed: no Python code runs here */
        Py_ssize_t length = line ? PyUnicode_GetLength(line) : -1;
        if (length < 0) {
            return -1;
        }
        uint32_t *items = arena_alloc(&differ->arena, ((size_t)length + 1) * sizeof *items);
        if (!PyUnicode_AsUCS4(line, items, length + 1, 1)) {
            return -1;
        }
        side->texts[i] = (struct sequence){items, (size_t)length};
        size_t key_bytes = (size_t)length * sizeof *items;
        uintptr_t number = (uintptr_t)table_find(seen, (const char *)items, key_bytes);
        if (!number) {
            number = seen->count + 1;
            table_set(seen, (const char *)items, key_bytes, (void *)number);
        }
        side->numbers[i] = (uint32_t)number;
    }
    return 0;
}

/* "- line", "+ line" or "  line". */
static int
add_line(struct differ *differ, char mark, const struct side *side, size_t i)
{
    PyObject *line = PyList_GetItem(side->lines, (Py_ssize_t)i); /* borrowed */
    return py_list_append_take(differ->out, PyUnicode_FromFormat("%c %U", mark, line));
}

static int
add_lines(struct differ *differ, char mark, const struct side *side, size_t start, size_t end)
{
    for (size_t i = start; i < end; i++) {
        if (add_line(differ, mark, side, i) < 0) {
            return -1;
        }
    }
    return 0;
}

/* The "?" line below a line: its own white space stays where nothing is marked, so that columns align. */
static int
add_hint(struct differ *differ, const struct sequence *line, const struct text *tags)
{
    struct text hint = {0};
    size_t end = 0;
    int status = 0;

    for (size_t i = 0; i < tags->length && i < line->length; i++) {
        if (tags->bytes[i] != ' ') {
            end = i + 1;
        }
    }
    text_add(&hint, "? ", 2);
    for (size_t i = 0; i < end; i++) {
        if (tags->bytes[i] == ' ' && point_is_space(line->items[i])) {
            text_add_point(&hint, line->items[i]);
        } else {
            text_add_char(&hint, tags->bytes[i]);
        }
    }
    text_add_char(&hint, '\n');
    if (end) {
        status = py_list_append_take(differ->out, py_text_from(&hint));
    }
    text_release(&hint);
    return status;
}

/* Two similar lines with hints. */
static int
add_similar(struct differ *differ, size_t i, size_t j)
{
    static const char A_MARKS[] = {
        [MATCH_EQUAL] = ' ', [MATCH_REPLACE] = '^', [MATCH_DELETE] = '-', [MATCH_INSERT] = 0};
    static const char B_MARKS[] = {
        [MATCH_EQUAL] = ' ', [MATCH_REPLACE] = '^', [MATCH_DELETE] = 0, [MATCH_INSERT] = '+'};
    struct text a_tags = {0};
    struct text b_tags = {0};
    int status = -1;

    matcher_set_b(&differ->cruncher, differ->b.texts[j]);
    matcher_set_a(&differ->cruncher, differ->a.texts[i]);
    matcher_build_steps(&differ->cruncher);
    for (size_t at = 0; at < differ->cruncher.step_count; at++) {
        const struct match_step *step = &differ->cruncher.steps[at];
        text_add_repeated(&a_tags, A_MARKS[step->tag], step->a_end - step->a_start);
        text_add_repeated(&b_tags, B_MARKS[step->tag], step->b_end - step->b_start);
    }
    if (add_line(differ, '-', &differ->a, i) == 0 && add_hint(differ, &differ->a.texts[i], &a_tags) == 0 &&
        add_line(differ, '+', &differ->b, j) == 0 && add_hint(differ, &differ->b.texts[j], &b_tags) == 0) {
        status = 0;
    }
    text_release(&a_tags);
    text_release(&b_tags);
    return status;
}

/* The shorter block first. */
static int
replace_plain(struct differ *differ, struct range range)
{
    bool b_first = range.b_end - range.b_start < range.a_end - range.a_start;

    if (b_first && add_lines(differ, '+', &differ->b, range.b_start, range.b_end) < 0) {
        return -1;
    }
    if (add_lines(differ, '-', &differ->a, range.a_start, range.a_end) < 0) {
        return -1;
    }
    return b_first ? 0 : add_lines(differ, '+', &differ->b, range.b_start, range.b_end);
}

static int
replace_rest(struct differ *differ, struct range range)
{
    if (range.a_start < range.a_end && range.b_start < range.b_end) {
        return replace_fancy(differ, range);
    }
    if (add_lines(differ, '-', &differ->a, range.a_start, range.a_end) < 0) {
        return -1;
    }
    return add_lines(differ, '+', &differ->b, range.b_start, range.b_end);
}

/* The pair of lines to align: the most similar one, else an equal one; false when there is neither. */
static bool
find_pair(struct differ *differ, struct range range, size_t *i_out, size_t *j_out, bool *is_equal_out)
{
    double best = 0.74;
    bool has_equal = false;
    bool has_similar = false;
    size_t equal_i = 0;
    size_t equal_j = 0;

    for (size_t j = range.b_start; j < range.b_end; j++) {
        struct matcher *cruncher = &differ->cruncher;
        matcher_set_b(cruncher, differ->b.texts[j]);
        for (size_t i = range.a_start; i < range.a_end; i++) {
            if (differ->a.numbers[i] == differ->b.numbers[j]) {
                equal_i = has_equal ? equal_i : i;
                equal_j = has_equal ? equal_j : j;
                has_equal = true;
                continue;
            }
            matcher_set_a(cruncher, differ->a.texts[i]);
            if (matcher_real_quick_ratio(cruncher) > best && matcher_quick_ratio(cruncher) > best) {
                double ratio = matcher_ratio(cruncher);
                if (ratio > best) {
                    best = ratio;
                    *i_out = i;
                    *j_out = j;
                    has_similar = true;
                }
            }
        }
    }
    has_similar = has_similar && best >= 0.75;
    *is_equal_out = !has_similar;
    if (!has_similar && has_equal) {
        *i_out = equal_i;
        *j_out = equal_j;
    }
    return has_similar || has_equal;
}

static int
replace_fancy(struct differ *differ, struct range range)
{
    size_t i = 0;
    size_t j = 0;
    bool is_equal = false;

    if (!find_pair(differ, range, &i, &j, &is_equal)) {
        return replace_plain(differ, range);
    }
    if (Py_EnterRecursiveCall(" while comparing lines")) {
        return -1;
    }
    int status = replace_rest(differ, (struct range){range.a_start, i, range.b_start, j});
    if (status == 0) {
        status = is_equal ? add_line(differ, ' ', &differ->a, i) : add_similar(differ, i, j);
    }
    if (status == 0) {
        status = replace_rest(differ, (struct range){i + 1, range.a_end, j + 1, range.b_end});
    }
    Py_LeaveRecursiveCall();
    return status;
}

static int
compare_sides(struct differ *differ)
{
    struct matcher lines = {0};
    int status = 0;

    matcher_set_b(&lines, (struct sequence){differ->b.numbers, differ->b.count});
    matcher_set_a(&lines, (struct sequence){differ->a.numbers, differ->a.count});
    matcher_build_steps(&lines);
    for (size_t at = 0; status == 0 && at < lines.step_count; at++) {
        const struct match_step *step = &lines.steps[at];
        struct range range = {step->a_start, step->a_end, step->b_start, step->b_end};
        switch (step->tag) {
        case MATCH_EQUAL:
            status = add_lines(differ, ' ', &differ->a, range.a_start, range.a_end);
            break;
        case MATCH_REPLACE:
            status = replace_fancy(differ, range);
            break;
        case MATCH_DELETE:
            status = add_lines(differ, '-', &differ->a, range.a_start, range.a_end);
            break;
        case MATCH_INSERT:
            status = add_lines(differ, '+', &differ->b, range.b_start, range.b_end);
            break;
        }
    }
    matcher_release(&lines);
    return status;
}

/* Python 3.14 compares blocks of lines in another way: there its own module does it. */
static PyObject *
diff_with_python(PyObject *a, PyObject *b)
{
    PyObject *ndiff = py_import_attr("difflib", "ndiff");
    PyObject *lines = ndiff ? py_call2(ndiff, a, b) : NULL;
    PyObject *list = lines ? PySequence_List(lines) : NULL;

    Py_XDECREF(ndiff);
    Py_XDECREF(lines);
    return list;
}

PyObject *
line_diff(struct state *state, PyObject *a, PyObject *b)
{
    struct differ differ = {.cruncher = {.has_character_junk = true}};
    struct table seen = {0};
    PyObject *out = NULL;

    if (python_minor_of(state) >= 14) {
        return diff_with_python(a, b);
    }
    out = PyList_New(0);
    differ.out = out;
    if (out && (side_open(&differ, &differ.a, a, &seen) < 0 || side_open(&differ, &differ.b, b, &seen) < 0 ||
                compare_sides(&differ) < 0)) {
        Py_CLEAR(out);
    }
    matcher_release(&differ.cruncher);
    table_release(&seen);
    arena_release(&differ.arena);
    return out;
}
