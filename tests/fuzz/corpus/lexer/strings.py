x = f'{a!r:>{w}}' rb'\'' '''t
''' \
 + 0x1f + 1e5j
class A:
	assert (yield)
