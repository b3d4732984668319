/* Public face of src/syntax: Python source and the expressions of -k and -m, without Python. */
#ifndef SYNTAX_SYNTAX_H
#define SYNTAX_SYNTAX_H

#include "syntax/encoding.h"
#include "syntax/expression.h"
#include "syntax/grammar.h"
#include "syntax/lexer.h"
#include "syntax/match_expression.h"
#include "syntax/outline.h"
#include "syntax/spans.h"

#endif
