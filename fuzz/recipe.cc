// recipe::parse on arbitrary text, and its inverse on what it accepts.
#include "recipe/recipe.h"

#include "base/text.h"
#include "target.h"

namespace {

void parse(std::string_view text) {
  const rung::recipe::Recipe recipe = rung::recipe::parse(text, "seed.toml");
  rung::fuzz::require(!rung::has_control(recipe.title) && !rung::has_control(recipe.name), "printable names");
  rung::fuzz::require(rung::recipe::parse(rung::recipe::to_toml(recipe), "seed.toml") == recipe,
                      "what is written reads back the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    parse({reinterpret_cast<const char*>(data), size});
    ++rung::fuzz::accepted;
  } catch (const rung::recipe::RecipeError& error) {
    rung::fuzz::check_message(error);
    rung::fuzz::require(error.line >= 1 && error.column >= 1, "a place");
  }
  return 0;
}
