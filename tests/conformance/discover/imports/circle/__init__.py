from circle.one import *
