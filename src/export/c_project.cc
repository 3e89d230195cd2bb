#include "export/c_project.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "base/text.h"
#include "export/c_layout.h"
#include "export/c_source.h"

namespace rung::exports {
namespace {

std::string makefile(const std::string& name) {
  return fmt::format(R"(CFLAGS ?= -std=c99 -Os -Wall -Wextra

check: {0}_test
	./{0}_test

{0}_test: {0}.c {0}_test.c {0}.h
	$(CC) $(CFLAGS) {0}.c {0}_test.c -o $@

.PHONY: check
)",
                     name);
}

std::string page(const quantise::IntegerModel& model, const std::string& name, const CFacts& facts) {
  const CSizes sizes = sizes_of(lay_out(model));
  const nn::Shape& image = model.nodes[0].output;
  const auto share = [&](int correct) { return 100.0 * correct / facts.test_images; };
  return fmt::format(R"(# {0}

{1}

| | |
|---|---|
| image | {2} rows of {3} pixels of {4} byte{5}, as in the training images |
| classes | {6}: {7} |
| constants, in flash | {8} bytes |
| static memory | {9} bytes |
| multiply-accumulates an image | {10} |
| right of {11} test images | {12} ({13:.2f} %); the model in float32: {14} ({15:.2f} %), p = {16:.2g} |

Instructions come to that (of a plain network 1.3 KB on a Cortex-M and 2.5 KB on an AVR, by Debian 12's GCC with -Os), and
the stack. The code is C99. It needs no library, allocates nothing and has no floating-point numbers; its results are the same on every chip.

```c
#include "{0}.h"

int class_of(const uint8_t *image)
{{
  return {0}_predict(image);
}}
```

An image need not be in memory at once: `{0}_begin()`, then `{0}_push(pixel)` for each pixel as it comes; the last one
gives the class. `{0}_logits()` are the outputs before the largest of them is taken.

`make` runs {0}_test.c, which compares the logits of a few test images with those that Rung computed. On an AVR the
constants stay in flash by themselves.
)",
                     name, facts.title, image.height, image.width, image.channels,
                     image.channels == 1 ? "" : "s", facts.classes.size(), fmt::join(facts.classes, ", "),
                     with_commas(sizes.constants), with_commas(sizes.ram), with_commas(facts.macs),
                     with_commas(facts.test_images), with_commas(facts.integer_correct),
                     share(facts.integer_correct), with_commas(facts.float_correct),
                     share(facts.float_correct), facts.p_value);
}

}  // namespace

std::map<std::string, std::string> c_project(const quantise::IntegerModel& model, const std::string& name,
                                             std::span<const uint8_t> golden, const CFacts& facts) {
  std::map<std::string, std::string> files = c_source(model, name);
  files[name + "_test.c"] = c_test(model, name, golden);
  files["Makefile"] = makefile(name);
  files["README.md"] = page(model, name, facts);
  return files;
}

}  // namespace rung::exports
