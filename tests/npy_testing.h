// Arrays as numpy.save writes them.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

namespace rung::imports {

inline std::string npy_header(const std::string& dict) {
  std::string text = dict + "\n";
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(text.size() & 255);
  bytes += static_cast<char>(text.size() >> 8);
  return bytes + text;
}

inline std::string npy_header(const std::string& type, const std::string& shape, bool fortran_order = false) {
  return npy_header(fmt::format("{{'descr': '{}', 'fortran_order': {}, 'shape': {}, }}", type,
                                fortran_order ? "True" : "False", shape));
}

template <typename T>
std::string npy(const std::string& type, const std::string& shape, const std::vector<T>& values,
                bool fortran_order = false) {
  std::string bytes = npy_header(type, shape, fortran_order);
  for (const T value : values) {
    std::string item(reinterpret_cast<const char*>(&value), sizeof value);
    if (type[0] == '>') std::ranges::reverse(item);
    bytes += item;
  }
  return bytes;
}

}  // namespace rung::imports
