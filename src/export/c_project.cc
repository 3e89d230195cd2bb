#include "export/c_project.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>

#include "base/text.h"
#include "chip/footprint.h"
#include "chip/layout.h"
#include "data/class_names.h"
#include "export/c_float.h"
#include "export/c_source.h"
#include "export/c_text.h"
#include "nn/infer.h"

namespace rung::exports {
namespace {

// What there is of a model in C.
struct Parts {
  std::map<std::string, std::string> sources;
  std::string test;
  std::string page;
  std::string sketch;
  std::string numbers;                 // "8-bit integers"
  std::vector<std::string> functions;  // without NAME_
  std::string libraries{};             // "-lm "
};

// `sources` is the folder of NAME.c as seen from the test's.
std::string makefile(const std::string& name, std::string_view sources, const std::string& libraries) {
  return fmt::format(R"(CFLAGS ?= -std=c99 -Os -Wall -Wextra

check: {0}_test
	./{0}_test

{0}_test: {1}{0}.c {0}_test.c {1}{0}.h
	$(CC) $(CFLAGS) {2}{1}{0}.c {0}_test.c {3}-o $@

.PHONY: check
)",
                     name, sources, sources.empty() ? "" : fmt::format("-I{} ", sources), libraries);
}

// https://arduino.github.io/arduino-cli/latest/library-specification/
std::string library_properties(const std::string& name, const std::string& title,
                               const std::string& numbers) {
  return fmt::format(R"(name={0}
version=1.0.0
author=Rung
maintainer=Rung
sentence={1}
paragraph=A classifier of images in {2}.
category=Data Processing
url=
architectures=*
includes={0}.h
)",
                     name, title, numbers);
}

std::string keywords(const std::string& name, const std::vector<std::string>& functions) {
  std::string text;
  for (const std::string& function : functions) text += fmt::format("{}_{}\tKEYWORD2\n", name, function);
  return text;
}

std::string sketch(const std::string& name) {
  return fmt::format(R"(// Classifies images that come over the serial port, byte after byte.
#include <{0}.h>

void setup() {{
  Serial.begin(115200);
  {0}_begin();
}}

void loop() {{
  static uint8_t pixel[{1}_CHANNELS];
  static unsigned count = 0;
  if (Serial.available() == 0) return;
  pixel[count++] = (uint8_t)Serial.read();
  if (count < {1}_CHANNELS) return;
  count = 0;
  const int result = {0}_push(pixel);
  if (result < 0) return;
  Serial.println(result);
  {0}_begin();
}}
)",
                     name, macro_prefix(name));
}

std::string whole_image_sketch(const std::string& name) {
  return fmt::format(R"(// Classifies images that come over the serial port, byte after byte.
#include <{0}.h>

static uint8_t image[(uint32_t){1}_HEIGHT * {1}_WIDTH * {1}_CHANNELS];

void setup() {{
  Serial.begin(115200);
}}

void loop() {{
  static size_t count = 0;
  if (Serial.available() == 0) return;
  image[count++] = (uint8_t)Serial.read();
  if (count < sizeof image) return;
  count = 0;
  Serial.println({0}_predict(image));
}}
)",
                     name, macro_prefix(name));
}

std::string target_rows(const chip::Layout& layout) {
  std::string rows;
  for (const chip::Processor& processor : chip::processors()) {
    const chip::Footprint footprint = chip::footprint_of(layout, processor);
    rows +=
        fmt::format("| {} | {} | {} | {} | {} |\n", processor.title, with_commas(footprint.flash),
                    with_commas(processor.helpers), with_commas(footprint.ram), with_commas(footprint.stack));
  }
  return rows;
}

// In a cell of a table of Markdown.
std::string class_list(const std::vector<std::string>& classes) {
  return replaced(fmt::format("{}", fmt::join(classes, ", ")), "|", "\\|");
}

// The page's title, and the table of what all models have.
std::string facts_table(const std::string& name, const CFacts& facts, const nn::Shape& image,
                        const chip::Sizes& sizes, const std::string& right) {
  return fmt::format(R"(# {0}

{1}

| | |
|---|---|
| image | {2} rows of {3} pixels of {4} byte{5}, as in the training images |
| classes | {6}: {7} |
| constants, in flash | {8} bytes |
| static memory | {9} bytes |
| multiply-accumulates an image | {10} |
| right of {11} test images | {12} |

)",
                     name, facts.title, image.height, image.width, image.channels,
                     image.channels == 1 ? "" : "s", facts.classes.size(), class_list(facts.classes),
                     with_commas(sizes.constants), with_commas(sizes.ram), with_commas(facts.macs),
                     with_commas(facts.test_images), right);
}

std::string right_text(int correct, const CFacts& facts) {
  return fmt::format("{} ({:.2f} %)", with_commas(correct), 100.0 * correct / facts.test_images);
}

std::string example(const std::string& name) {
  return fmt::format(R"(
```c
#include "{0}.h"

int class_of(const uint8_t *image)
{{
  return {0}_predict(image);
}}
```

)",
                     name);
}

std::string check_sentence(const std::string& name, CForm form) {
  return fmt::format(
      "\n`make{}` runs {}_test.c, which compares the logits of a few test images with those that Rung "
      "computed.",
      form == CForm::kFolder ? "" : fmt::format(" -C {}", test_folder(form)), name);
}

std::string page(const quantise::IntegerModel& model, const std::string& name, const CFacts& facts,
                 CForm form) {
  const chip::Layout layout = chip::lay_out(model);
  std::string text = facts_table(
      name, facts, model.nodes[0].output, chip::sizes_of(layout),
      fmt::format("{}; the model in float32: {}, p = {:.2g}", right_text(facts.integer_correct, facts),
                  right_text(facts.float_correct, facts), facts.p_value));
  text += fmt::format(
      R"(The code is C99. It needs no library, allocates nothing and has no floating-point numbers; its results are the same on
every chip. In bytes, by Debian 12's GCC with -Os:

| target | flash, about | and at most for the compiler's routines | static memory | stack, at most |
|---|---:|---:|---:|---:|
{1}
Flash holds the constants and {0}.c's instructions. The compiler's routines (division, products of 64 bits, memcpy) are
shared with the rest of the program.
)",
      name, target_rows(layout));
  text += example(name);
  text += fmt::format(
      R"(An image need not be in memory at once: `{0}_begin()`, then `{0}_push(pixel)` for each pixel as it comes; the last one
gives the class. `{0}_logits()` are the outputs before the largest of them is taken.
)",
      name);
  return text + check_sentence(name, form) + " On an AVR the\nconstants stay in flash by themselves.\n";
}

std::string page(const FloatModel& model, const std::string& name, const CFacts& facts, CForm form) {
  std::string text = facts_table(name, facts, model.graph.nodes[0].output, sizes_of(model),
                                 right_text(facts.float_correct, facts));
  text +=
      "The code is C99 with float32 numbers. It needs the library of mathematics at most (-lm), and "
      "allocates "
      "nothing.\nCompilers round sums differently, so the logits may differ from Rung's in their last "
      "digits.\n";
  text += example(name);
  text += fmt::format("`{}_logits()` are the outputs before the largest of them is taken.\n", name);
  return text + check_sentence(name, form) + "\n";
}

std::map<std::string, std::string> laid_out(const Parts& parts, const std::string& name,
                                            const std::string& title, CForm form) {
  const std::filesystem::path source = source_folder(form);
  const std::filesystem::path test = test_folder(form);
  std::map<std::string, std::string> files;
  for (const auto& [file, text] : parts.sources) files[(source / file).string()] = text;
  files[(test / (name + "_test.c")).string()] = parts.test;
  files[(test / "Makefile").string()] =
      makefile(name, form == CForm::kFolder ? "" : "../src/", parts.libraries);
  files["README.md"] = parts.page;
  if (form == CForm::kFolder) return files;
  files["library.properties"] = library_properties(name, title, parts.numbers);
  files["keywords.txt"] = keywords(name, parts.functions);
  files[fmt::format("examples/{0}/{0}.ino", name)] = parts.sketch;
  return files;
}

constexpr int kGoldenImages = 10;

}  // namespace

CFacts facts_of(const recipe::Recipe& recipe, int test_images) {
  return {.title = recipe.title.empty() ? recipe.name : recipe.title,
          .classes = data::names_of_classes(recipe.dataset, recipe.model.classes),
          .macs = nn::infer(recipe.model).macs,
          .test_images = test_images};
}

std::vector<uint8_t> golden_images(const data::Split& images) {
  std::vector<uint8_t> golden;
  for (size_t i = 0; i < static_cast<size_t>(std::min(kGoldenImages, images.count)); ++i) {
    const auto pixels =
        data::from_planes(images.image(i), images.height, images.width, images.channels).pixels;
    golden.insert(golden.end(), pixels.begin(), pixels.end());
  }
  return golden;
}

std::string_view source_folder(CForm form) {
  return form == CForm::kFolder ? "" : "src";
}

std::string_view test_folder(CForm form) {
  return form == CForm::kFolder ? "" : "extras";
}

std::map<std::string, std::string> c_project(const quantise::IntegerModel& model, const std::string& name,
                                             std::span<const uint8_t> golden, const CFacts& facts,
                                             CForm form) {
  return laid_out({.sources = c_source(model, name),
                   .test = c_test(model, name, golden),
                   .page = page(model, name, facts, form),
                   .sketch = sketch(name),
                   .numbers = "8-bit integers",
                   .functions = {"predict", "logits", "begin", "push"}},
                  name, facts.title, form);
}

std::map<std::string, std::string> c_project(const FloatModel& model, const std::string& name,
                                             std::span<const uint8_t> golden, const CFacts& facts,
                                             CForm form) {
  return laid_out({.sources = c_float_source(model, name),
                   .test = c_float_test(model, name, golden),
                   .page = page(model, name, facts, form),
                   .sketch = whole_image_sketch(name),
                   .numbers = "float32",
                   .functions = {"predict", "logits"},
                   .libraries = "-lm "},
                  name, facts.title, form);
}

}  // namespace rung::exports
