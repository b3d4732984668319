from circle.two import *

VALUES = [1]
