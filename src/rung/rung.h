// Rung as a library: everything for programs that use it. docs/library.md has an example.
//
// Errors are exceptions: the types of base/error.h, all derived from rung::Error, whose hint() says how to
// fix what what() complains about. The library never prints and never ends the process.
#pragma once

#include "base/error.h"
#include "rung/model.h"
#include "rung/training.h"
