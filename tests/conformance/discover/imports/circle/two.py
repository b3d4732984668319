VALUES = [1, 2]
from circle.one import *
