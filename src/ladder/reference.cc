#include "ladder/reference.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace rung::ladder {

ReferenceBeside reference_beside(const recipe::Recipe& recipe) {
  const auto& reference = recipe.reference;
  if (!reference) return {};
  if (!reference->dataset.empty() && reference->dataset != recipe.dataset.name)
    return {{},
            fmt::format("The reference ({}) was trained on {}, this run on {}: its figures are left out.",
                        reference->source, reference->dataset, recipe.dataset.name)};
  if (reference->epochs == 0 || reference->epochs == recipe.training.epochs) return {reference, ""};
  return {reference,
          fmt::format("The reference ({}) trained for {}, this run for {}.", reference->source,
                      counted(static_cast<size_t>(reference->epochs), "epoch"), recipe.training.epochs)};
}

std::vector<std::string> said_once(const std::vector<std::string>& remarks) {
  std::vector<std::string> said;
  for (const std::string& remark : remarks)
    if (!remark.empty() && std::ranges::find(said, remark) == said.end()) said.push_back(remark);
  return said;
}

}  // namespace rung::ladder
