"""Rung with its recipe "fast"."""

from functools import partial

from contenders import rung

VERSION = rung.VERSION
train = partial(rung.train, model="fast")
