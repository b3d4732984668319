/* What the compilers can check for us, under one spelling each. */
#ifndef BASE_COMPILER_H
#define BASE_COMPILER_H

#define MUST_CHECK __attribute__((warn_unused_result))
#define NO_RETURN __attribute__((noreturn))
#define PRINTF_LIKE(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
#define LIKELY(condition) __builtin_expect(!!(condition), 1)
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
/* Kept out of its callers, which need no registers for it. */
#define NEVER_INLINE __attribute__((noinline))
/* Seldom called: kept out of its callers, so that these stay short. */
#define SELDOM __attribute__((noinline, cold))
#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

#endif
