"""
>>> 1
1
"""
import surely_missing
