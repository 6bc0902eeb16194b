/* cq_compiler - the few compiler features that CQLite leans on, under one name each. */
#ifndef CQ_COMPILER_H
#define CQ_COMPILER_H

#if defined(__GNUC__) || defined(__clang__)
#define CQ_ALWAYS_INLINE static inline __attribute__((always_inline))
#define CQ_NOINLINE __attribute__((noinline))
#define CQ_COLD __attribute__((cold, noinline))
#define CQ_LIKELY(x) __builtin_expect(!!(x), 1)
#define CQ_UNLIKELY(x) __builtin_expect(!!(x), 0)
#define CQ_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define CQ_UNUSED __attribute__((unused))
#else
#define CQ_ALWAYS_INLINE static inline
#define CQ_NOINLINE
#define CQ_COLD
#define CQ_LIKELY(x) (x)
#define CQ_UNLIKELY(x) (x)
#define CQ_PRINTF(fmt, first)
#define CQ_UNUSED
#endif

/* What the shared library exports: everything public, nothing else (the rest is built hidden). */
#if defined(__GNUC__) || defined(__clang__)
#define CQ_API __attribute__((visibility("default")))
#else
#define CQ_API
#endif

#define CQ_COUNTOF(a) (sizeof(a) / sizeof((a)[0]))

#endif
