// [lr_scheduler].
#include "recipe/parse.h"
#include "recipe/read_fields.h"
#include "recipe/read_variant.h"

namespace rung::recipe {

optim::LrScheduler parse_lr_scheduler(const TableReader& root) {
  const auto table = root.table("lr_scheduler");
  if (!table) return optim::ConstantLr{};
  return visit_type<optim::LrScheduler>(
      *table, [&]<typename Schedule>() -> optim::LrScheduler { return read_fields<Schedule>(*table); });
}

}  // namespace rung::recipe
