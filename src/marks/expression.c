/* Match expressions of -k and -m: scanner, parser and evaluator. */
#include "marks/internal.h"

#include <string.h>

#include "base/arena.h"

enum token_type {
    TOKEN_LPAREN,
    TOKEN_RPAREN,
    TOKEN_OR,
    TOKEN_AND,
    TOKEN_NOT,
    TOKEN_IDENT,
    TOKEN_EOF,
    TOKEN_EQUAL,
    TOKEN_STRING,
    TOKEN_COMMA,
};

/* As the messages name them, in the order of the enum. */
static const char *const TOKEN_NAMES[] = {
    "left parenthesis",
    "right parenthesis",
    "or",
    "and",
    "not",
    "identifier",
    "end of input",
    "=",
    "string literal",
    ",",
};

enum node_type { EXPRESSION_FALSE, EXPRESSION_OR, EXPRESSION_AND, EXPRESSION_NOT, EXPRESSION_IDENT };

struct expression_node {
    enum node_type type;
    struct expression_node *left; /* the operand of `not` */
    struct expression_node *right;
    PyObject *identifier; /* owned by the expression's list */
    PyObject *kwargs;     /* the same; NULL without parentheses */
};

struct mark_expression {
    struct arena arena;
    struct expression_node *root;
    PyObject *owned; /* list: keeps identifiers and kwargs alive */
    PyObject *names; /* set of identifiers */
};

/* One pass over the text; `token` is the one not yet taken. */
struct scanner {
    struct mark_expression *expression;
    PyObject *input;
    Py_UCS4 *text;
    Py_ssize_t length;
    Py_ssize_t position; /* behind the token */
    enum token_type token;
    Py_ssize_t start; /* of the token */
    int depth;
};

enum { MAX_DEPTH = 500 };

/* Sets SyntaxError(message, ("<pytest match expression>", 1, column, input)); column counts from 1. Returns -1. */
static int
syntax_error(struct scanner *scanner, Py_ssize_t position, PyObject *message_take)
{
    PyObject *args = message_take ? Py_BuildValue("(N(sinO))", message_take, "<pytest match expression>", 1,
                                                  position + 1, scanner->input)
                                  : NULL;
    if (args) {
        PyErr_SetObject(PyExc_SyntaxError, args);
        Py_DECREF(args);
    }
    return -1;
}

static PyObject *
slice(struct scanner *scanner, Py_ssize_t start, Py_ssize_t end)
{
    return PyUnicode_Substring(scanner->input, start, end);
}

static bool
is_word_character(Py_UCS4 character)
{
    if (character < 128) {
        return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
               (character >= '0' && character <= '9') || (character && strchr("_:+-.[]\\/", (int)character));
    }
    PyObject *string = PyUnicode_FromOrdinal((int)character);
    PyObject *answer = string ? PyObject_CallMethod(string, "isalnum", NULL) : NULL;
    bool is_word = answer == Py_True;
    if (!answer) {
        PyErr_Clear(); /* no such character: then it is no letter */
    }
    Py_XDECREF(answer);
    Py_XDECREF(string);
    return is_word;
}

static int
scan_string(struct scanner *scanner)
{
    Py_UCS4 quote = scanner->text[scanner->start];
    Py_ssize_t end = scanner->start + 1;

    while (end < scanner->length && scanner->text[end] != quote) {
        end++;
    }
    if (end == scanner->length) {
        return syntax_error(scanner, scanner->start,
                            PyUnicode_FromFormat("closing quote \"%c\" is missing", (int)quote));
    }
    for (Py_ssize_t i = scanner->start; i < end; i++) {
        if (scanner->text[i] == '\\') {
            return syntax_error(scanner, i,
                                PyUnicode_FromString("escaping with \"\\\" not supported in marker expression"));
        }
    }
    scanner->token = TOKEN_STRING;
    scanner->position = end + 1;
    return 0;
}

static bool
token_is(const struct scanner *scanner, const char *word)
{
    size_t length = (size_t)(scanner->position - scanner->start);

    if (length != strlen(word)) {
        return false;
    }
    for (size_t i = 0; i < length; i++) {
        if (scanner->text[(size_t)scanner->start + i] != (Py_UCS4)word[i]) {
            return false;
        }
    }
    return true;
}

static int
scan_word(struct scanner *scanner)
{
    while (scanner->position < scanner->length && is_word_character(scanner->text[scanner->position])) {
        scanner->position++;
    }
    if (scanner->position == scanner->start) {
        return syntax_error(scanner, scanner->start,
                            PyUnicode_FromFormat("unexpected character \"%c\"", (int)scanner->text[scanner->start]));
    }
    scanner->token = token_is(scanner, "or")    ? TOKEN_OR
                     : token_is(scanner, "and") ? TOKEN_AND
                     : token_is(scanner, "not") ? TOKEN_NOT
                                                : TOKEN_IDENT;
    return 0;
}

/* Moves to the next token: 0 or -1. */
static int
advance(struct scanner *scanner)
{
    while (scanner->position < scanner->length &&
           (scanner->text[scanner->position] == ' ' || scanner->text[scanner->position] == '\t')) {
        scanner->position++;
    }
    scanner->start = scanner->position;
    if (scanner->position == scanner->length) {
        scanner->token = TOKEN_EOF;
        return 0;
    }
    switch (scanner->text[scanner->position]) {
    case '(':
        scanner->token = TOKEN_LPAREN;
        break;
    case ')':
        scanner->token = TOKEN_RPAREN;
        break;
    case '=':
        scanner->token = TOKEN_EQUAL;
        break;
    case ',':
        scanner->token = TOKEN_COMMA;
        break;
    case '\'':
    case '"':
        return scan_string(scanner);
    default:
        return scan_word(scanner);
    }
    scanner->position++;
    return 0;
}

/* 1 and moves on when the current token is of `type`, 0 when not, -1 with an exception. */
static int
accept(struct scanner *scanner, enum token_type type)
{
    if (scanner->token != type) {
        return 0;
    }
    return type != TOKEN_EOF && advance(scanner) < 0 ? -1 : 1;
}

static int
reject(struct scanner *scanner, const char *expected)
{
    return syntax_error(scanner, scanner->start,
                        PyUnicode_FromFormat("expected %s; got %s", expected, TOKEN_NAMES[scanner->token]));
}

/* 0 and moves on, or -1 with "expected ...". */
static int
expect(struct scanner *scanner, enum token_type type)
{
    int accepted = accept(scanner, type);

    if (accepted == 0) {
        return reject(scanner, TOKEN_NAMES[type]);
    }
    return accepted < 0 ? -1 : 0;
}

static struct expression_node *
node_make(struct scanner *scanner, enum node_type type, struct expression_node *left, struct expression_node *right)
{
    struct expression_node *node = arena_alloc_zeroed(&scanner->expression->arena, sizeof *node);

    node->type = type;
    node->left = left;
    node->right = right;
    return node;
}

/* Lets the expression own a new reference and lends it back; NULL with an exception. */
static PyObject *
keep_take(struct scanner *scanner, PyObject *object)
{
    if (!object) {
        return NULL;
    }
    int status = PyList_Append(scanner->expression->owned, object);
    Py_DECREF(object);
    return status < 0 ? NULL : object;
}

static bool
is_keyword(PyObject *name)
{
    static const char *const KEYWORDS[] = {
        "False", "None",     "True",  "and",    "as",   "assert", "async",  "await",    "break",
        "class", "continue", "def",   "del",    "elif", "else",   "except", "finally",  "for",
        "from",  "global",   "if",    "import", "in",   "is",     "lambda", "nonlocal", "not",
        "or",    "pass",     "raise", "return", "try",  "while",  "with",   "yield",
    };
    for (size_t i = 0; i < COUNT_OF(KEYWORDS); i++) {
        if (PyUnicode_CompareWithASCIIString(name, KEYWORDS[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool
is_number(PyObject *word)
{
    PyObject *digits =
        py_text_starts_with(word, "-") ? PyUnicode_Substring(word, 1, PyUnicode_GetLength(word)) : Py_NewRef(word);
    PyObject *answer = digits ? PyObject_CallMethod(digits, "isdigit", NULL) : NULL;
    bool is_digits = answer == Py_True;

    Py_XDECREF(answer);
    Py_XDECREF(digits);
    return is_digits;
}

/* The value behind `name=`: a new reference. */
static PyObject *
parse_value(struct scanner *scanner)
{
    Py_ssize_t start = scanner->start;
    Py_ssize_t end = scanner->position;
    PyObject *word = NULL;
    PyObject *value = NULL;

    if (scanner->token == TOKEN_STRING) {
        return advance(scanner) < 0 ? NULL : slice(scanner, start + 1, end - 1);
    }
    word = slice(scanner, start, end);
    if (!word || expect(scanner, TOKEN_IDENT) < 0) {
        goto done;
    }
    if (is_number(word)) {
        value = PyObject_CallFunctionObjArgs((PyObject *)&PyLong_Type, word, NULL);
    } else if (py_text_equals(word, "True")) {
        value = Py_NewRef(Py_True);
    } else if (py_text_equals(word, "False")) {
        value = Py_NewRef(Py_False);
    } else if (py_text_equals(word, "None")) {
        value = Py_NewRef(Py_None);
    } else {
        syntax_error(scanner, start, PyUnicode_FromFormat("unexpected character/s \"%U\"", word));
    }
done:
    Py_XDECREF(word);
    return value;
}

static int
parse_keyword_argument(struct scanner *scanner, PyObject *kwargs)
{
    Py_ssize_t start = scanner->start;
    PyObject *name = slice(scanner, start, scanner->position);
    int status = -1;

    if (!name || expect(scanner, TOKEN_IDENT) < 0) {
        goto done;
    }
    if (PyUnicode_IsIdentifier(name) <= 0) {
        syntax_error(scanner, start, PyUnicode_FromFormat("not a valid python identifier %U", name));
        goto done;
    }
    if (is_keyword(name)) {
        syntax_error(scanner, start, PyUnicode_FromFormat("unexpected reserved python keyword `%U`", name));
        goto done;
    }
    if (expect(scanner, TOKEN_EQUAL) == 0) {
        status = py_dict_set_take(kwargs, name, parse_value(scanner));
    }
done:
    Py_XDECREF(name);
    return status;
}

/* Behind the opening parenthesis, up to and with the closing one. */
static PyObject *
parse_keyword_arguments(struct scanner *scanner)
{
    PyObject *kwargs = keep_take(scanner, PyDict_New());
    int more = kwargs ? 1 : -1;

    while (more > 0) {
        more = parse_keyword_argument(scanner, kwargs) < 0 ? -1 : accept(scanner, TOKEN_COMMA);
    }
    return more < 0 || expect(scanner, TOKEN_RPAREN) < 0 ? NULL : kwargs;
}

static struct expression_node *parse_or(struct scanner *scanner);

static struct expression_node *
parse_identifier(struct scanner *scanner)
{
    struct expression_node *node = node_make(scanner, EXPRESSION_IDENT, NULL, NULL);
    int has_arguments = 0;

    node->identifier = keep_take(scanner, slice(scanner, scanner->start, scanner->position));
    if (!node->identifier || PySet_Add(scanner->expression->names, node->identifier) < 0 || advance(scanner) < 0) {
        return NULL;
    }
    has_arguments = accept(scanner, TOKEN_LPAREN);
    if (has_arguments > 0) {
        node->kwargs = parse_keyword_arguments(scanner);
    }
    return has_arguments < 0 || (has_arguments && !node->kwargs) ? NULL : node;
}

static struct expression_node *
parse_operand(struct scanner *scanner)
{
    struct expression_node *inner = NULL;

    switch (scanner->token) {
    case TOKEN_LPAREN:
        inner = advance(scanner) < 0 ? NULL : parse_or(scanner);
        return inner && expect(scanner, TOKEN_RPAREN) == 0 ? inner : NULL;
    case TOKEN_IDENT:
        return parse_identifier(scanner);
    default:
        reject(scanner, "not OR left parenthesis OR identifier");
        return NULL;
    }
}

static struct expression_node *
parse_not(struct scanner *scanner)
{
    bool negates = scanner->token == TOKEN_NOT;
    struct expression_node *node = NULL;

    /* Deeper than anybody writes by hand: a RecursionError, as the recursion of Python code would end. */
    if (++scanner->depth > MAX_DEPTH) {
        PyErr_SetString(PyExc_RecursionError, "maximum recursion depth exceeded during compilation");
        return NULL;
    }
    if (negates) {
        node = advance(scanner) < 0 ? NULL : parse_not(scanner);
        node = node ? node_make(scanner, EXPRESSION_NOT, node, NULL) : NULL;
    } else {
        node = parse_operand(scanner);
    }
    scanner->depth--;
    return node;
}

static struct expression_node *
parse_and(struct scanner *scanner)
{
    struct expression_node *node = parse_not(scanner);
    int more = node ? accept(scanner, TOKEN_AND) : 0;

    while (more > 0) {
        struct expression_node *right = parse_not(scanner);
        if (!right) {
            return NULL;
        }
        node = node_make(scanner, EXPRESSION_AND, node, right);
        more = accept(scanner, TOKEN_AND);
    }
    return more < 0 ? NULL : node;
}

static struct expression_node *
parse_or(struct scanner *scanner)
{
    struct expression_node *node = parse_and(scanner);
    int more = node ? accept(scanner, TOKEN_OR) : 0;

    while (more > 0) {
        struct expression_node *right = parse_and(scanner);
        if (!right) {
            return NULL;
        }
        node = node_make(scanner, EXPRESSION_OR, node, right);
        more = accept(scanner, TOKEN_OR);
    }
    return more < 0 ? NULL : node;
}

static struct expression_node *
parse_all(struct scanner *scanner)
{
    struct expression_node *node = NULL;

    if (advance(scanner) < 0) {
        return NULL;
    }
    if (scanner->token == TOKEN_EOF) {
        return node_make(scanner, EXPRESSION_FALSE, NULL, NULL);
    }
    node = parse_or(scanner);
    return node && expect(scanner, TOKEN_EOF) == 0 ? node : NULL;
}

struct mark_expression *
mark_expression_compile(struct state *Py_UNUSED(state), PyObject *text)
{
    struct mark_expression *expression = memory_alloc_zeroed(sizeof *expression);
    struct scanner scanner = {.expression = expression, .input = text};

    if (!PyUnicode_Check(text)) {
        PyErr_Format(PyExc_TypeError, "a match expression must be a str, not %R", (PyObject *)Py_TYPE(text));
        goto done;
    }
    expression->owned = PyList_New(0);
    expression->names = PySet_New(NULL);
    scanner.length = PyUnicode_GetLength(text);
    scanner.text = PyUnicode_AsUCS4Copy(text);
    if (expression->owned && expression->names && scanner.text) {
        expression->root = parse_all(&scanner);
    }
done:
    PyMem_Free(scanner.text);
    if (!expression->root) {
        mark_expression_free(expression);
        return NULL;
    }
    return expression;
}

PyObject *
mark_expression_names(const struct mark_expression *expression)
{
    return expression->names;
}

static int
evaluate(const struct expression_node *node, int (*matcher)(void *context, PyObject *identifier, PyObject *kwargs),
         void *context)
{
    int left = 0;

    switch (node->type) {
    case EXPRESSION_FALSE:
        return 0;
    case EXPRESSION_IDENT:
        return matcher(context, node->identifier, node->kwargs);
    case EXPRESSION_NOT:
        left = evaluate(node->left, matcher, context);
        return left < 0 ? -1 : !left;
    case EXPRESSION_OR:
        left = evaluate(node->left, matcher, context);
        return left != 0 ? left : evaluate(node->right, matcher, context);
    case EXPRESSION_AND:
        left = evaluate(node->left, matcher, context);
        return left <= 0 ? left : evaluate(node->right, matcher, context);
    }
    return 0;
}

int
mark_expression_evaluate(const struct mark_expression *expression,
                         int (*matcher)(void *context, PyObject *identifier, PyObject *kwargs), void *context)
{
    return evaluate(expression->root, matcher, context);
}

void
mark_expression_free(struct mark_expression *expression)
{
    if (expression) {
        Py_XDECREF(expression->owned);
        Py_XDECREF(expression->names);
        arena_release(&expression->arena);
        memory_free(expression);
    }
}
