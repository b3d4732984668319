# coding: latin-1
if x:
  assert (a,
 b) is not None; assert lambda: 1
