// One function object from several lambdas, for std::visit: a case for every alternative, or it does not
// compile.
#pragma once

namespace rung {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace rung
